// The elementwise ops. One line is a whole op: its name, its lowering (a function of Elementwise.h), its value on
// doubles, its derivatives, and, by them, its documentation. `x`, `y`, `z` are the operands, `r` the result, `d` the
// cotangent that the derivative multiplies; derivatives are C++ over Expr (Expr.h), "none" where there is none.
#ifndef MLC_ELEMENTWISE_TD
#define MLC_ELEMENTWISE_TD

include "dialects/mlc/MlcDialect.td"
include "dialects/mlc/MlcInterfaces.td"

/// Operands x, y, z as far as they go. `simplify` is the body of the folder after constants: identities of the op.
class Mlc_Elementwise<string mnemonic, int count, string lowering, string value, list<string> partials,
                      list<Trait> traits = []>
    : Mlc_Op<mnemonic, [DeclareOpInterfaceMethods<ElementwiseOpInterface>, InferTypeOpAdaptor] # traits> {
  let summary = "elementwise " # mnemonic;
  let description = "`r = " # value # "`. Derivatives, times `d`: `" # !interleave(partials, "`, `") # "`.";
  let hasFolder = 1;

  code simplify = [{}];
  /// The C++ of the result's element type, where it is not operand 0's type.
  string inferred = "adaptor.getOperands().front().getType()";

  defvar values = !interleave(
    !foreach(i, !range(count),
      "[[maybe_unused]] double " # !cond(!eq(i, 0): "x", !eq(i, 1): "y", true: "z") # " = values[" # i # "];"), "\n");
  defvar exprs = !interleave(
    !foreach(i, !range(count),
      "[[maybe_unused]] Expr " # !cond(!eq(i, 0): "x", !eq(i, 1): "y", true: "z") # "(scope, (*this)->getOperand(" # i # "));"), "\n");
  defvar cases = !interleave(
    !foreach(i, !range(count), "case " # i # ": return " # partials[i] # ";"), "\n");

  let extraClassDefinition = [{
    ::mlir::Value $cppClass::buildScalar(::mlir::OpBuilder &builder, ::mlir::Location loc,
                                         ::mlir::ValueRange operands, ::mlir::Type type) {
      return }] # lowering # [{(ScalarContext{builder, loc, type, *this}, operands);
    }
    double $cppClass::evaluate(::llvm::ArrayRef<double> values) {
      }] # values # [{
      return }] # value # [{;
    }
    ::mlir::Value $cppClass::derivative(::mlir::OpBuilder &builder, unsigned index, ::mlir::Value cotangent) {
      ::mlir::ImplicitLocOpBuilder scope(getLoc(), builder);
      }] # exprs # [{
      [[maybe_unused]] Expr r(scope, getResult()), d(scope, cotangent), none;
      auto rule = [&]() -> Expr {
        switch (index) {
        }] # cases # [{
        default: return none;
        }
      };
      return rule().materialize(scope, (*this)->getOperand(index).getType());
    }
    ::mlir::OpFoldResult $cppClass::fold(FoldAdaptor adaptor) {
      if (::mlir::Attribute folded = detail::foldElementwise(*this, adaptor.getOperands()))
        return folded;
      }] # simplify # [{
      return {};
    }
    ::llvm::LogicalResult $cppClass::inferReturnTypes(::mlir::MLIRContext *, std::optional<::mlir::Location>,
                                                      Adaptor adaptor,
                                                      ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      types.push_back(}] # inferred # [{);
      return ::mlir::success();
    }
  }];
}

class Mlc_Unary<string mnemonic, string lowering, string value, string partial, Type type = Mlc_FloatTensor>
    : Mlc_Elementwise<mnemonic, 1, lowering, value, [partial]> {
  let arguments = (ins type:$x);
  let results = (outs type:$result);
  let assemblyFormat = "$x attr-dict `:` custom<SameTypes>(type($x), type($result))";
}

class Mlc_Binary<string mnemonic, string lowering, string value, list<string> partials,
                 Type type = Mlc_FloatTensor, list<Trait> traits = []>
    : Mlc_Elementwise<mnemonic, 2, lowering, value, partials, traits> {
  let arguments = (ins type:$x, type:$y);
  let results = (outs type:$result);
  let assemblyFormat = "$x `,` $y attr-dict `:` custom<SameTypes>(type($x), type($y), type($result))";
}

// Functions of one number.
def ExpOp : Mlc_Unary<"exp", "lowerTo<math::ExpOp>", "std::exp(x)", "d * r">;
// exp(x) again, for r + 1 has lost what is small beside 1.
def Expm1Op : Mlc_Unary<"expm1", "lowerTo<math::ExpM1Op>", "std::expm1(x)", "d * exp(x)">;
def LogOp : Mlc_Unary<"log", "lowerTo<math::LogOp>", "std::log(x)", "d / x">;
def Log1pOp : Mlc_Unary<"log1p", "lowerTo<math::Log1pOp>", "std::log1p(x)", "d / (x + 1.0)">;
def SqrtOp : Mlc_Unary<"sqrt", "lowerTo<math::SqrtOp>", "std::sqrt(x)", "d * 0.5 / r">;
def RsqrtOp : Mlc_Unary<"rsqrt", "lowerTo<math::RsqrtOp>", "1.0 / std::sqrt(x)", "d * (r * r * r * -0.5)">;
def TanhOp : Mlc_Unary<"tanh", "lowerTo<math::TanhOp>", "std::tanh(x)", "d * (1.0 - r * r)">;
def ErfOp : Mlc_Unary<"erf", "lowerTo<math::ErfOp>", "std::erf(x)", "d * (exp(-(x * x)) * 1.1283791670955126)">;
def SinOp : Mlc_Unary<"sin", "lowerTo<math::SinOp>", "std::sin(x)", "d * cos(x)">;
def CosOp : Mlc_Unary<"cos", "lowerTo<math::CosOp>", "std::cos(x)", "-(d * sin(x))">;
def FloorOp : Mlc_Unary<"floor", "lowerTo<math::FloorOp>", "std::floor(x)", "none">;
def AbsOp : Mlc_Unary<"abs", "lowerTo<math::AbsFOp, math::AbsIOp>", "std::fabs(x)", "d * sign(x)", Mlc_NumberTensor>;
def SignOp : Mlc_Unary<"sign", "lowerSign", "x > 0 ? 1.0 : x < 0 ? -1.0 : x", "none", Mlc_NumberTensor>;
def NegOp : Mlc_Unary<"neg", "lowerNeg", "-x", "-d", Mlc_NumberTensor> {
  let simplify = [{ if (auto inner = getX().getDefiningOp<NegOp>()) return inner.getX(); }];
  let hasCanonicalizer = 1;
}
def StopGradientOp : Mlc_Unary<"stop_gradient", "lowerIdentity", "x", "none", Mlc_Tensor>;

// Functions of two. Identities hold but for the sign of a zero; x * 0 is not 0, for x may be infinite or NaN.
def AddOp : Mlc_Binary<"add", "lowerTo<arith::AddFOp, arith::AddIOp>", "x + y", ["d", "d"], Mlc_NumberTensor,
                       [Commutative]> {
  let simplify = [{ if (isSplat(adaptor.getY(), 0)) return getX(); }];
  let hasCanonicalizer = 1;
}
def SubOp : Mlc_Binary<"sub", "lowerTo<arith::SubFOp, arith::SubIOp>", "x - y", ["d", "-d"], Mlc_NumberTensor> {
  let simplify = [{ if (isSplat(adaptor.getY(), 0)) return getX(); }];
  let hasCanonicalizer = 1;
}
def MulOp : Mlc_Binary<"mul", "lowerTo<arith::MulFOp, arith::MulIOp>", "x * y", ["d * y", "d * x"], Mlc_NumberTensor,
                       [Commutative]> {
  let simplify = [{
    if (isSplat(adaptor.getY(), 1)) return getX();
    if (isSplat(adaptor.getY(), 0) && isa<IntegerType>(getType().getElementType())) return getY();
  }];
  let hasCanonicalizer = 1;
}
def DivOp : Mlc_Binary<"div", "lowerTo<arith::DivFOp>", "x / y", ["d / y", "-(d * r / y)"]> {
  let simplify = [{ if (isSplat(adaptor.getY(), 1)) return getX(); }];
  let hasCanonicalizer = 1;
}
// NaN in, NaN out, and its derivative to both. Equal operands get one half each, whatever they are and in
// whichever order: a constant does not change what the other gets. A `relu` that sends none at 0, and a `clip`
// that sends all at its bounds, have derivatives of their own, in the prelude.
def MaxOp : Mlc_Binary<"max", "lowerMax", "y != y || x <= y ? y : x",
                       ["select(x < y, 0.0, select(eq(x, y), d * 0.5, d))",
                        "select(y < x, 0.0, select(eq(x, y), d * 0.5, d))"], Mlc_NumberTensor>;
def MinOp : Mlc_Binary<"min", "lowerMin", "y != y || x >= y ? y : x",
                       ["select(x > y, 0.0, select(eq(x, y), d * 0.5, d))",
                        "select(y > x, 0.0, select(eq(x, y), d * 0.5, d))"], Mlc_NumberTensor>;
// No derivative by the exponent where the base is 0 and the exponent is not negative (the limit; log would make it NaN),
// and none by the base where the exponent is 0 (at x = 0 the formula is 0 times infinity).
def PowOp : Mlc_Binary<"pow", "lowerTo<math::PowFOp>", "std::pow(x, y)",
                       ["select(eq(y, 0.0), 0.0, d * (y * pow(x, y - 1.0)))",
                        "select(eq(x, 0.0), select(eq(y, y), select(y < 0.0, d * r * log(x), 0.0), d * y), d * r * log(x))"]> {
  let simplify = [{
    if (isSplat(adaptor.getY(), 1)) return getX();
  }];
  let hasCanonicalizer = 1;
}

// An index that the program wants in [0, y). Nothing is computed: mlc-check-indices (compiler/ad) turns what it cannot
// prove into a count that the step hands out, and lookups read the nearest place until it is looked at.
def WithinOp : Mlc_Binary<"within", "lowerIdentity", "x", ["none", "none"], Mlc_IndexTensor> {
  let summary = "an index that must lie in [0, y)";
  let description = [{
    `r = x`. Steps count the elements that lie outside, and a step in which there are any is an error: the run stops, and
    replaying it on the oracle says which index it was, of which row, on which line.
  }];
  let simplify = [{ if (detail::isWithin(adaptor.getX(), adaptor.getY())) return getX(); }];
}

// Truth values.
def AndOp : Mlc_Binary<"and", "lowerTo<void, arith::AndIOp>", "x != 0 && y != 0", ["none", "none"], Mlc_BoolTensor,
                       [Commutative]> {
  let simplify = [{
    if (isSplat(adaptor.getY(), 1) || getX() == getY()) return getX();
    if (isSplat(adaptor.getY(), 0)) return getY();
  }];
}
def OrOp : Mlc_Binary<"or", "lowerTo<void, arith::OrIOp>", "x != 0 || y != 0", ["none", "none"], Mlc_BoolTensor,
                      [Commutative]> {
  let simplify = [{
    if (isSplat(adaptor.getY(), 0) || getX() == getY()) return getX();
    if (isSplat(adaptor.getY(), 1)) return getY();
  }];
}
def NotOp : Mlc_Unary<"not", "lowerNot", "x == 0", "none", Mlc_BoolTensor> {
  let simplify = [{ if (auto inner = getX().getDefiningOp<NotOp>()) return inner.getX(); }];
}

def CompareOp : Mlc_Elementwise<"compare", 2, "lowerCompare", "compareNumbers(getPredicate(), x, y)", ["none", "none"]> {
  let summary = "elementwise comparison, i1";
  let description = [{
    `x predicate y`. With a NaN on either side every predicate is false but `ne`. i8 compares unsigned.
  }];
  let arguments = (ins Mlc_Word<["eq", "ne", "lt", "le", "gt", "ge"]>:$predicate, Mlc_Tensor:$x, Mlc_Tensor:$y);
  let results = (outs Mlc_BoolTensor:$result);
  let inferred = "withElement(adaptor.getX().getType(), ::mlir::IntegerType::get(adaptor.getX().getContext(), 1))";
  let assemblyFormat = "custom<Word>($predicate) $x `,` $y attr-dict `:` custom<CompareTypes>(type($x), type($y), type($result))";
}

def SelectOp : Mlc_Elementwise<"select", 3, "lowerTo<arith::SelectOp, arith::SelectOp>", "x != 0 ? y : z",
                               ["none", "select(x, d, 0.0)", "select(x, 0.0, d)"]> {
  let summary = "elementwise choice";
  let description = "`y` where `x` holds, else `z`. Each of them gets the derivative where it was chosen.";
  let arguments = (ins Mlc_BoolTensor:$x, Mlc_Tensor:$y, Mlc_Tensor:$z);
  let results = (outs Mlc_Tensor:$result);
  let inferred = "adaptor.getY().getType()";
  let simplify = [{
    if (getY() == getZ() || isSplat(adaptor.getX(), 1)) return getY();
    if (isSplat(adaptor.getX(), 0)) return getZ();
  }];
  let hasCanonicalizer = 1;
  let assemblyFormat = "$x `,` $y `,` $z attr-dict `:` custom<SelectTypes>(type($x), type($y), type($z), type($result))";
}

def ConvertOp : Mlc_Op<"convert", [DeclareOpInterfaceMethods<ElementwiseOpInterface>]> {
  let summary = "elementwise change of element type";
  let description = [{
    To a float: rounded to nearest. To an integer: truncated and saturated, NaN becomes 0. To i1: `x != 0`. i1 and i8 are unsigned. The derivative, between floats, is a convert.
  }];
  let arguments = (ins Mlc_Tensor:$x);
  let results = (outs Mlc_Tensor:$result);
  let hasFolder = 1;
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
}

#endif
