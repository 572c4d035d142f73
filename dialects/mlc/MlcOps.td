// The ops that are not elementwise.
#ifndef MLC_OPS_TD
#define MLC_OPS_TD

include "dialects/mlc/MlcDialect.td"
include "dialects/mlc/MlcInterfaces.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"

//===--- Sources ------------------------------------------------------------------------------------------------===//

def ConstantOp : Mlc_Op<"constant", [ConstantLike, InferTypeOpAdaptor]> {
  let summary = "a tensor known when compiling";
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Mlc_Tensor:$result);
  let builders = [
    /// A splat of `value` in `type`, rounded to its element type.
    OpBuilder<(ins "::mlir::Type":$type, "double":$value)>];
  let hasFolder = 1;
  let assemblyFormat = "$value attr-dict";
}

def IotaOp : Mlc_Op<"iota"> {
  let summary = "each element's index along an axis";
  let arguments = (ins I64Attr:$axis);
  let results = (outs Mlc_NumberTensor:$result);
  let hasVerifier = 1;
  let assemblyFormat = "$axis attr-dict `:` type($result)";
}

def RandomOp : Mlc_Op<"random"> {
  let summary = "random numbers by counter";
  let description = [{
    Philox 4x32-10. `stream` is (seed, update, row0). An element depends on nothing but seed, update, `site`, its row
    (row0 + its index along axis 0 if `batched`, else 0) and its row-major place within that row (within the whole
    tensor if not batched). `uniform` lies in [0, 1), `normal` has mean 0 and variance 1, `bits` are i32.
  }];
  let arguments = (ins Mlc_Word<["uniform", "normal", "bits"]>:$distribution, Mlc_StreamTensor:$stream,
                       I64Attr:$site, DefaultValuedAttr<BoolAttr, "false">:$batched);
  let results = (outs StaticShapeTensorOf<[F32, F64, I32]>:$result);
  let hasVerifier = 1;
  let assemblyFormat = [{custom<Word>($distribution) $stream `site` `=` $site (`batched` `=` $batched^)? attr-dict `:`
                         type($stream) `->` type($result)}];
}

//===--- Shapes -------------------------------------------------------------------------------------------------===//

class Mlc_Linear<string mnemonic, list<Trait> traits = []>
    : Mlc_Op<mnemonic, [DeclareOpInterfaceMethods<LinearOpInterface>] # traits>;

def BroadcastOp : Mlc_Linear<"broadcast"> {
  let summary = "repetition along new axes";
  let description = [{
    `axes[i]` is the result's axis that the operand's axis i becomes, of equal size and in increasing order. The
    result's other axes are new.
  }];
  let arguments = (ins Mlc_Tensor:$x, DenseI64ArrayAttr:$axes);
  let results = (outs Mlc_Tensor:$result);
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let assemblyFormat = "$x `axes` `=` $axes attr-dict `:` type($x) `->` type($result)";
  let extraClassDeclaration = [{
    /// The result's axes that are new, in order.
    ::llvm::SmallVector<int64_t> getNewAxes();
  }];
}

def ReshapeOp : Mlc_Linear<"reshape"> {
  let summary = "the same elements in row-major order under another shape";
  let arguments = (ins Mlc_Tensor:$x);
  let results = (outs Mlc_Tensor:$result);
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
}

def BarrierOp : Mlc_Linear<"barrier", [AllTypesMatch<["x", "result"]>]> {
  let summary = "the operand, behind which nothing is known of how it was computed";
  let description = [{
    Nothing folds it, so that what is computed from it is computed again, even where the same was computed from the
    operand before. With `enter` or `leave` it is the edge of a `remat` region, by number: the ops that read what
    entered, up to where it leaves, are those that the backward pass repeats instead of reading what they computed.
    Fusion ends at a barrier, and in memory it is nothing: a view of the operand.
  }];
  let arguments = (ins Mlc_Tensor:$x, OptionalAttr<I64Attr>:$enter, OptionalAttr<I64Attr>:$leave);
  let results = (outs Mlc_Tensor:$result);
  let builders = [OpBuilder<(ins "::mlir::Value":$x)>];
  let assemblyFormat = "$x (`enter` `=` $enter^)? (`leave` `=` $leave^)? attr-dict `:` type($x)";
}

def TransposeOp : Mlc_Linear<"transpose", [InferTypeOpAdaptor]> {
  let summary = "permutation of axes";
  let description = "Axis i of the result is axis `permutation[i]` of the operand.";
  let arguments = (ins Mlc_Tensor:$x, DenseI64ArrayAttr:$permutation);
  let results = (outs Mlc_Tensor:$result);
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let assemblyFormat = "$x $permutation attr-dict `:` type($x) `->` type($result)";
}

def ReverseOp : Mlc_Linear<"reverse", [InferTypeOpAdaptor]> {
  let summary = "axes read backwards";
  let arguments = (ins Mlc_Tensor:$x, DenseI64ArrayAttr:$axes);
  let results = (outs Mlc_Tensor:$result);
  let hasFolder = 1;
  let assemblyFormat = "$x `axes` `=` $axes attr-dict `:` type($x) `->` type($result)";
}

def SliceOp : Mlc_Linear<"slice"> {
  let summary = "every strides[i]-th element from starts[i], as many as the result has";
  let arguments = (ins Mlc_Tensor:$x, DenseI64ArrayAttr:$starts, DenseI64ArrayAttr:$strides);
  let results = (outs Mlc_Tensor:$result);
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let assemblyFormat = [{$x `starts` `=` $starts `strides` `=` $strides attr-dict `:` type($x) `->` type($result)}];
}

def PadOp : Mlc_Linear<"pad", [InferTypeOpAdaptor]> {
  let summary = "zeros before, after and between";
  let description = [{
    `low[i]` zeros before, `high[i]` after and `interior[i]` between every two neighbours of axis i. None is negative.
  }];
  let arguments = (ins Mlc_Tensor:$x, DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high, DenseI64ArrayAttr:$interior);
  let results = (outs Mlc_Tensor:$result);
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let assemblyFormat = [{$x `low` `=` $low `high` `=` $high `interior` `=` $interior attr-dict `:`
                         type($x) `->` type($result)}];
}

def ConcatOp : Mlc_Linear<"concat", [InferTypeOpAdaptor]> {
  let summary = "tensors end to end along an axis";
  let arguments = (ins Variadic<Mlc_Tensor>:$xs, I64Attr:$axis);
  let results = (outs Mlc_Tensor:$result);
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let assemblyFormat = "$xs `axis` `=` $axis attr-dict `:` functional-type($xs, $result)";
}

//===--- Reductions and products --------------------------------------------------------------------------------===//

/// The arguments and the traits of a sum that says what it is accumulated in.
defvar Mlc_accumulate = (ins OptionalAttr<TypeAttr>:$accumulate);
defvar Mlc_Accumulates = DeclareOpInterfaceMethods<AccumulatingOpInterface>;

def ReduceOp : Mlc_Linear<"reduce", [InferTypeOpAdaptor, Mlc_Accumulates]> {
  let summary = "sum, maximum or minimum over axes, which vanish";
  let description = [{
    `axes` are sorted. A sum is linear; a maximum or minimum is NaN if any element is, and its derivative goes to the
    first element, row-major over the reduced axes, that has it. Over an empty axis: 0, the lowest and the highest number.
    `accumulate` is of sums of floats alone.
  }];
  let arguments = !con((ins Mlc_Word<["sum", "max", "min"]>:$kind, Mlc_NumberTensor:$x, DenseI64ArrayAttr:$axes),
                       Mlc_accumulate);
  let results = (outs Mlc_NumberTensor:$result);
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let assemblyFormat = [{custom<Word>($kind) $x `axes` `=` $axes custom<Accumulation>($accumulate) attr-dict `:`
                         type($x) `->` type($result)}];
}

def ArgmaxOp : Mlc_Op<"argmax", [InferTypeOpAdaptor]> {
  let summary = "index of the first maximum along an axis, which vanishes; the first NaN wins";
  let arguments = (ins Mlc_NumberTensor:$x, I64Attr:$axis);
  let results = (outs Mlc_IndexTensor:$result);
  let assemblyFormat = "$x `axis` `=` $axis attr-dict `:` type($x) `->` type($result)";
}

def CumsumOp : Mlc_Linear<"cumsum", [InferTypeOpAdaptor]> {
  let summary = "running sum along an axis";
  let description = [{
    Element i is the sum of elements 0 to i, or, with `reverse`, of i to the last, added in that order from the end it starts at.
  }];
  let arguments = (ins Mlc_FloatTensor:$x, I64Attr:$axis, DefaultValuedAttr<BoolAttr, "false">:$reverse);
  let results = (outs Mlc_FloatTensor:$result);
  let assemblyFormat = "$x `axis` `=` $axis (`reverse` `=` $reverse^)? attr-dict `:` type($x) `->` type($result)";
}

def ArgsortOp : Mlc_Op<"argsort", [InferTypeOpAdaptor]> {
  let summary = "places along the last axis in the order of their elements";
  let description = [{
    Ascending, or, with `descending`, descending; equal elements keep their order, and NaN counts as larger than any number. The
    sorted elements are a gather by these places, which has the derivative.
  }];
  let arguments = (ins Mlc_NumberTensor:$x, DefaultValuedAttr<BoolAttr, "false">:$descending);
  let results = (outs Mlc_IndexTensor:$result);
  let assemblyFormat = "$x (`descending` `=` $descending^)? attr-dict `:` type($x) `->` type($result)";
}

def ContractOp : Mlc_Linear<"contract", [InferTypeOpAdaptor, Mlc_Accumulates]> {
  let summary = "sum of products: einsum of two tensors";
  let description = [{
    A label names an axis of each of the three lists it is in; the product is summed over labels not in `out`. Every
    label is in at least two of the lists and twice in none, so each transpose is a contract too. Labels 0 to 51 print
    as a to z and A to Z: `mlc.contract "mk,kn->mn" %a, %b`.
  }];
  let arguments = !con((ins Mlc_FloatTensor:$a, Mlc_FloatTensor:$b, DenseI64ArrayAttr:$lhs, DenseI64ArrayAttr:$rhs,
                            DenseI64ArrayAttr:$out), Mlc_accumulate);
  let results = (outs Mlc_FloatTensor:$result);
  let hasCanonicalizer = 1;
  let assemblyFormat = [{custom<Einsum>($lhs, $rhs, $out) $a `,` $b custom<Accumulation>($accumulate) attr-dict `:`
                         functional-type(operands, $result)}];
}

class Mlc_Conv<string mnemonic, dag operands, dag extra, list<Trait> traits = []>
    : Mlc_Linear<mnemonic, [Mlc_Accumulates] # traits> {
  let description = [{
    One of three faces of the form T(x, w, y) = sum of
    x[n, o * stride + k * dilation - pad_low, g * ci + c] * w[k, c, g * co + f] * y[n, o, g * co + f]
    with x: [n, spatial..., groups * ci], w: [k..., ci, groups * co], y: [n, spatial..., groups * co], in one or two
    spatial dimensions, zero outside x: `conv` is its derivative by y, `conv_input` by x, `conv_filter` by w. So the
    transposes of each are the other two.
  }];
  defvar shared = (ins DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads_low, DenseI64ArrayAttr:$pads_high,
                       DenseI64ArrayAttr:$dilations, DefaultValuedAttr<I64Attr, "1">:$groups);
  let arguments = !con(operands, shared, extra, Mlc_accumulate);
  let results = (outs Mlc_FloatTensor:$result);
  let assemblyFormat = [{operands `strides` `=` $strides `pads` `=` $pads_low $pads_high `dilations` `=` $dilations
                         `groups` `=` $groups custom<Accumulation>($accumulate) attr-dict `:`
                         functional-type(operands, $result)}];
}

def ConvOp : Mlc_Conv<"conv", (ins Mlc_FloatTensor:$x, Mlc_FloatTensor:$w), (ins), [InferTypeOpAdaptor]> {
  let summary = "convolution: (x, w) -> y";
}
def ConvInputOp : Mlc_Conv<"conv_input", (ins Mlc_FloatTensor:$y, Mlc_FloatTensor:$w), (ins)> {
  let summary = "transposed convolution: (y, w) -> x";
  let hasVerifier = 1;
}
def ConvFilterOp : Mlc_Conv<"conv_filter", (ins Mlc_FloatTensor:$x, Mlc_FloatTensor:$y), (ins DefaultValuedAttr<I64Attr, "1">:$partials)> {
  let summary = "weight gradient of a convolution: (x, y) -> w";
  let description = [{
    See `conv`. With `partials` = P above 1 the result has a leading axis of P sums, each over a P-th of n.
  }];
  let hasVerifier = 1;
}

//===--- Windows over [n, spatial..., c] ------------------------------------------------------------------------===//

class Mlc_Window<string mnemonic, dag operands, dag outs, list<Trait> traits = []> : Mlc_Op<mnemonic, traits> {
  let description = [{
    Windows of `window` elements over the spatial axes (all but the first and the last), `strides` apart, the first
    starting `pads_low` before the first element, the last ending within `pads_high` after the last.
  }];
  let arguments = !con(operands, (ins DenseI64ArrayAttr:$window, DenseI64ArrayAttr:$strides,
                                      DenseI64ArrayAttr:$pads_low, DenseI64ArrayAttr:$pads_high));
  let results = outs;
  let assemblyFormat = [{operands `window` `=` $window `strides` `=` $strides `pads` `=` $pads_low $pads_high attr-dict
                         `:` functional-type(operands, results)}];
}

def WindowMaxOp : Mlc_Window<"window_max", (ins Mlc_FloatTensor:$x), (outs Mlc_FloatTensor:$value, Mlc_IndexTensor:$index),
                             [InferTypeOpAdaptor]> {
  let summary = "maximum of each window, and the row-major place in the window of the first; padding never wins, NaN does";
}
def WindowGatherOp : Mlc_Window<"window_gather", (ins Mlc_FloatTensor:$x, Mlc_IndexTensor:$index),
                                (outs Mlc_FloatTensor:$result),
                                [DeclareOpInterfaceMethods<LinearOpInterface>, InferTypeOpAdaptor]> {
  let summary = "the element of each window at the place `index`";
}
def WindowScatterOp : Mlc_Window<"window_scatter", (ins Mlc_FloatTensor:$x, Mlc_IndexTensor:$index),
                                 (outs Mlc_FloatTensor:$result), [DeclareOpInterfaceMethods<LinearOpInterface>]> {
  let summary = "transpose of window_gather: each number added at the place `index` of its window";
  let hasVerifier = 1;
}
def WindowSumOp : Mlc_Window<"window_sum", (ins Mlc_FloatTensor:$x), (outs Mlc_FloatTensor:$result),
                             [DeclareOpInterfaceMethods<LinearOpInterface>, InferTypeOpAdaptor]> {
  let summary = "sum of each window";
}
def WindowSpreadOp : Mlc_Window<"window_spread", (ins Mlc_FloatTensor:$x), (outs Mlc_FloatTensor:$result),
                                [DeclareOpInterfaceMethods<LinearOpInterface>]> {
  let summary = "transpose of window_sum: each number added everywhere in its window";
  let hasVerifier = 1;
}

//===--- Tables -------------------------------------------------------------------------------------------------===//

def GatherOp : Mlc_Linear<"gather", [InferTypeOpAdaptor]> {
  let summary = "rows of a table: table [v, d...], indices [i...] -> [i..., d...]";
  let description = "An index out of range reads the nearest row.";
  let arguments = (ins Mlc_Tensor:$table, Mlc_IndexTensor:$indices);
  let results = (outs Mlc_Tensor:$result);
  let assemblyFormat = "$table `,` $indices attr-dict `:` functional-type(operands, $result)";
}

def ScatterAddOp : Mlc_Linear<"scatter_add"> {
  let summary = "transpose of gather: updates [i..., d...], indices [i...] -> [v, d...]";
  let description = "Rows with one index are added in row-major order of the indices, onto zeros. An index out of range adds to the nearest row.";
  let arguments = (ins Mlc_FloatTensor:$updates, Mlc_IndexTensor:$indices);
  let results = (outs Mlc_FloatTensor:$result);
  let hasVerifier = 1;
  let assemblyFormat = "$updates `,` $indices attr-dict `:` functional-type(operands, $result)";
}

//===--- Control ------------------------------------------------------------------------------------------------===//

def ScanOp : Mlc_Op<"scan", [IsolatedFromAbove, SingleBlock]> {
  let summary = "a loop over axis 0";
  let description = [{
    Operands are `num_carries` initial carries, `num_slices` tensors [T, ...] read slice by slice, and constants. The
    body takes the carries, one element of each slice and the constants, and yields the new carries and any outputs.
    Results are, for each carry, the stack [T+1, ...] of its values, and each output stacked [T, ...].

    Step t of a forward scan reads slice t and carries at place t of the stacks, and writes place t+1 and output t: the
    initial carry is at 0, the last at T. A `reverse` scan starts with t = T-1, reads the carries at t+1 and writes
    them at t: the initial carry is at T, the last at 0.
  }];
  let arguments = (ins Variadic<Mlc_Tensor>:$inputs, I64Attr:$num_carries, I64Attr:$num_slices,
                       DefaultValuedAttr<BoolAttr, "false">:$reverse);
  let results = (outs Variadic<Mlc_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let hasCanonicalizer = 1;
  let hasCustomAssemblyFormat = 1;
  let builders = [
    /// Makes the body's block with its arguments; the caller fills it. `steps` is T, `outputs` the types of the outputs
    /// of one step.
    OpBuilder<(ins "int64_t":$steps, "::mlir::ValueRange":$carries, "::mlir::ValueRange":$slices,
                   "::mlir::ValueRange":$constants, "::mlir::TypeRange":$outputs, "bool":$reverse)>];
  let extraClassDeclaration = [{
    ::mlir::ValueRange getCarries() { return getInputs().take_front(getNumCarries()); }
    ::mlir::ValueRange getSlices() { return getInputs().slice(getNumCarries(), getNumSlices()); }
    ::mlir::ValueRange getConstants() { return getInputs().drop_front(getNumCarries() + getNumSlices()); }
    /// The number of steps, T.
    int64_t getSteps();
    ::mlir::Operation *getYield() { return getBody().front().getTerminator(); }
  }];
}

def YieldOp : Mlc_Op<"yield", [Terminator, ParentOneOf<["ScanOp"]>]> {
  let summary = "what a step of a scan hands on: its carries, then its outputs";
  let arguments = (ins Variadic<Mlc_Tensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def CallOp : Mlc_Op<"call", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a pure function, with a derivative of its own";
  let description = [{
    `vjp` names a function of the call's operands and then its results' cotangents; it returns the cotangents of the
    float operands in order. Without it the function is differentiated as if it stood here. Inlined when no gradient
    op is left.
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<Mlc_Tensor>:$inputs, OptionalAttr<FlatSymbolRefAttr>:$vjp);
  let results = (outs Variadic<Mlc_Tensor>:$results);
  let assemblyFormat = [{$callee `(` $inputs `)` (`vjp` `=` $vjp^)? attr-dict `:` functional-type($inputs, $results)}];
}

def GradientOp : Mlc_Op<"gradient", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a function's results and the derivatives of its first";
  let description = [{
    The callee's results, then the derivative of the first of them, a scalar, by each operand `wrt` lists. Replaced by
    autodiff with a call of a generated function.
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<Mlc_Tensor>:$inputs, DenseI64ArrayAttr:$wrt);
  let results = (outs Variadic<Mlc_Tensor>:$results);
  let assemblyFormat = [{$callee `(` $inputs `)` `wrt` `=` $wrt attr-dict `:` functional-type($inputs, $results)}];
}

#endif
