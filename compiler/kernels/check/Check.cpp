#include "compiler/kernels/check/Check.h"

#include "compiler/kernels/code/Diagonal.h"
#include "compiler/lowering/Lowering.h"
#include "compiler/oracle/Oracle.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "runtime/ThreadPool.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"

#include <chrono>
#include <cstring>
#include <random>

using namespace mlir;
using mlc::compiler::oracle::Tensor;

namespace mlc::compiler {

/// Bytes past every buffer that must stay as they were.
static constexpr int64_t guard = 64;
static constexpr unsigned char poison = 0xFF; // a NaN in every float type

llvm::Expected<LoadedKernel> loadKernel(func::FuncOp kernel, const Target &target) {
  FailureOr<KernelInfo> info = planKernel(kernel, target);
  OwningOpRef<ModuleOp> module(ModuleOp::create(kernel.getLoc()));
  if (failed(info) || failed(emitKernel(kernel, target, *module)))
    return llvm::createStringError("the kernel cannot be planned or emitted");
  llvm::Expected<std::string> object = compileKernel(*module, target);
  if (!object)
    return object.takeError();
  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  auto process = llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      (*jit)->getDataLayout().getGlobalPrefix());
  if (!process)
    return process.takeError();
  (*jit)->getMainJITDylib().addGenerator(std::move(*process));
  if (llvm::Error error = (*jit)->addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(*object)))
    return std::move(error);
  auto symbol = (*jit)->lookup(kernel.getName());
  if (!symbol)
    return symbol.takeError();
  LoadedKernel loaded;
  loaded.info = *info;
  loaded.function = symbol->toPtr<mlc_kernel>();
  loaded.jit = std::move(*jit);
  return loaded;
}

static Tensor randomTensor(func::FuncOp kernel, unsigned index, std::mt19937_64 &random) {
  auto type = cast<RankedTensorType>(kernel.getArgumentTypes()[index]);
  Tensor tensor(type);
  Type element = type.getElementType();
  bool floating = isa<FloatType>(element);
  double low = floating ? -2 : 0, high = floating               ? 2
                                         : element.isInteger(8) ? 255
                                         : element.isInteger(1) ? 1
                                                                : 3;
  if (auto range = kernel.getArgAttrOfType<DenseI64ArrayAttr>(index, "check.range")) {
    low = double(range[0]);
    high = double(range[1]);
  }
  bool strange = kernel.getArgAttr(index, "check.nan") != nullptr;
  int64_t rows = 1, columns = 1;
  if (kernel.getArgAttr(index, triangularAttr)) {
    rows = type.getShape()[type.getRank() - 2];
    columns = type.getShape().back();
  }
  std::uniform_real_distribution<double> real(low, high);
  std::uniform_int_distribution<int64_t> integer{static_cast<int64_t>(low), static_cast<int64_t>(high)};
  for (int64_t i = 0; i < tensor.size(); ++i) {
    tensor.set(i, floating ? real(random) : double(integer(random)));
    if (strange && random() % 5 == 0) {
      const double values[] = {std::nan(""), INFINITY, -INFINITY, 0.0, -0.0};
      tensor.set(i, values[random() % 5]);
    }
    if (i % columns > i / columns % rows)
      tensor.set(i, 0);
  }
  return tensor;
}

namespace {

/// A buffer between guards. Its start is aligned to `alignment` and no more.
class Guarded {
public:
  Guarded(int64_t bytes, int64_t alignment) : size(bytes), storage(size_t(bytes + 4 * guard), poison) {
    auto address = reinterpret_cast<uintptr_t>(storage.data()) + guard;
    address = (address + 63) / 64 * 64;
    if (alignment < 64)
      address += uintptr_t(alignment);
    start = reinterpret_cast<unsigned char *>(address);
  }
  unsigned char *data() { return start; }
  bool intact() const {
    auto clean = [](const unsigned char *from, const unsigned char *to) {
      return std::all_of(from, to, [](unsigned char byte) { return byte == poison; });
    };
    return clean(storage.data(), start) && clean(start + size, storage.data() + storage.size());
  }

private:
  int64_t size;
  std::vector<unsigned char> storage;
  unsigned char *start;
};

} // namespace

/// One run. `inPlace` gives for each output the input that shares its memory, or -1.
static llvm::Expected<std::vector<Tensor>> runOnce(const LoadedKernel &loaded, func::FuncOp kernel,
                                                   ArrayRef<Tensor> inputs, ArrayRef<int> inPlace) {
  std::vector<std::unique_ptr<Guarded>> buffers;
  std::vector<void *> args;
  for (const Tensor &input : inputs) {
    buffers.push_back(std::make_unique<Guarded>(input.bytes(), 8));
    std::memcpy(buffers.back()->data(), input.data(), size_t(input.bytes()));
    args.push_back(buffers.back()->data());
  }
  std::vector<Tensor> outputs;
  for (auto [j, type] : llvm::enumerate(kernel.getResultTypes())) {
    outputs.emplace_back(cast<RankedTensorType>(type));
    if (inPlace[j] >= 0) {
      args.push_back(args[size_t(inPlace[j])]);
      continue;
    }
    buffers.push_back(std::make_unique<Guarded>(outputs.back().bytes(), 8));
    args.push_back(buffers.back()->data());
  }
  Guarded scratch(loaded.info.scratchBytes, 64);
  for (int64_t chunk = loaded.info.chunks; chunk-- > 0;) {
    std::memset(scratch.data(), poison, size_t(loaded.info.scratchBytes));
    loaded.function(args.data(), chunk, scratch.data());
  }
  for (const auto &buffer : buffers)
    if (!buffer->intact())
      return llvm::createStringError("wrote beside a buffer");
  if (!scratch.intact())
    return llvm::createStringError("wrote beside its scratch");
  for (auto [i, input] : llvm::enumerate(inputs)) {
    bool shared = llvm::is_contained(inPlace, int(i));
    if (!shared && std::memcmp(args[i], input.data(), size_t(input.bytes())) != 0)
      return llvm::createStringError("changed input %zu", i);
  }
  for (size_t j = 0; j < outputs.size(); ++j)
    std::memcpy(outputs[j].mutableData(), args[inputs.size() + j], size_t(outputs[j].bytes()));
  return outputs;
}

static std::vector<Tensor> randomInputs(func::FuncOp kernel, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Tensor> inputs;
  for (unsigned i = 0; i < kernel.getNumArguments(); ++i)
    inputs.push_back(randomTensor(kernel, i, random));
  return inputs;
}

llvm::Error checkKernel(func::FuncOp kernel, const Target &target, uint64_t seed,
                        oracle::Tolerance tolerance) {
  llvm::Expected<LoadedKernel> loaded = loadKernel(kernel, target);
  if (!loaded)
    return loaded.takeError();
  std::vector<Tensor> inputs = randomInputs(kernel, seed);
  llvm::Expected<std::vector<Tensor>> expected = oracle::run(kernel, inputs);
  if (!expected)
    return expected.takeError();
  std::vector<int> apart(kernel.getNumResults(), -1);
  llvm::Expected<std::vector<Tensor>> actual = runOnce(*loaded, kernel, inputs, apart);
  if (!actual)
    return actual.takeError();
  for (size_t j = 0; j < expected->size(); ++j)
    if (auto mismatch = oracle::compare((*expected)[j], (*actual)[j], tolerance))
      return llvm::createStringError("result %zu: %s", j, mismatch->text().c_str());
  for (auto [input, output] : loaded->info.inPlace) {
    std::vector<int> shared = apart;
    shared[size_t(output)] = input;
    llvm::Expected<std::vector<Tensor>> again = runOnce(*loaded, kernel, inputs, shared);
    if (!again)
      return again.takeError();
    for (size_t j = 0; j < again->size(); ++j)
      if (std::memcmp((*again)[j].data(), (*actual)[j].data(), size_t((*again)[j].bytes())) != 0)
        return llvm::createStringError("result %zu differs when input %d lies in output %d", j, input,
                                       output);
  }
  return llvm::Error::success();
}

std::vector<OwningOpRef<func::FuncOp>> trialsOf(func::FuncOp kernel, const Target &target) {
  std::vector<OwningOpRef<func::FuncOp>> trials;
  FailureOr<KernelInfo> info = planKernel(kernel, target);
  if (failed(info))
    return trials;
  Builder builder(kernel.getContext());
  auto add = [&](NamedAttrList choices) {
    auto trial = cast<func::FuncOp>(kernel->clone());
    trial->setAttr(choicesAttr, choices.getDictionary(kernel.getContext()));
    trials.emplace_back(trial);
  };
  NamedAttrList chosen;
  chosen.set("emitter", builder.getStringAttr(info->emitter));
  for (const Choice &choice : info->choices)
    chosen.set(choice.name, builder.getI64IntegerAttr(choice.value));
  for (const Choice &choice : info->choices)
    for (int64_t value : choice.near) {
      // What was chosen after it may have followed from it.
      NamedAttrList other;
      other.set("emitter", chosen.get("emitter"));
      for (const Choice &before : info->choices) {
        if (before.name == choice.name)
          break;
        other.set(before.name, chosen.get(before.name));
      }
      other.set(choice.name, builder.getI64IntegerAttr(value));
      add(other);
    }
  for (const std::string &emitter : otherEmitters(kernel, target)) {
    NamedAttrList other;
    other.set("emitter", builder.getStringAttr(emitter));
    add(other);
  }
  return trials;
}

llvm::Expected<int> checkChoices(func::FuncOp kernel, const Target &target, uint64_t seed) {
  std::vector<Tensor> inputs = randomInputs(kernel, seed);
  std::vector<int> apart(kernel.getNumResults(), -1);
  auto resultsOf = [&](func::FuncOp function) -> llvm::Expected<std::vector<Tensor>> {
    llvm::Expected<LoadedKernel> loaded = loadKernel(function, target);
    if (!loaded)
      return loaded.takeError();
    return runOnce(*loaded, function, inputs, apart);
  };
  llvm::Expected<std::vector<Tensor>> expected = resultsOf(kernel);
  if (!expected)
    return expected.takeError();
  int tried = 0;
  for (OwningOpRef<func::FuncOp> &trial : trialsOf(kernel, target)) {
    std::string choices;
    llvm::raw_string_ostream(choices) << (*trial)->getAttr(choicesAttr);
    llvm::Expected<std::vector<Tensor>> actual = resultsOf(*trial);
    if (!actual)
      return llvm::createStringError("with %s: %s", choices.c_str(),
                                     llvm::toString(actual.takeError()).c_str());
    for (size_t j = 0; j < expected->size(); ++j)
      if (std::memcmp((*expected)[j].data(), (*actual)[j].data(), size_t((*actual)[j].bytes())) != 0)
        return llvm::createStringError("result %zu has other bits with %s", j, choices.c_str());
    ++tried;
  }
  return tried;
}

llvm::Expected<double> timeKernel(func::FuncOp kernel, const Target &target, int workers, bool inPlace,
                                  double seconds) {
  llvm::Expected<LoadedKernel> loaded = loadKernel(kernel, target);
  if (!loaded)
    return loaded.takeError();
  std::mt19937_64 random(1);
  std::vector<Tensor> tensors;
  for (unsigned i = 0; i < kernel.getNumArguments(); ++i)
    tensors.push_back(randomTensor(kernel, i, random));
  for (Type type : kernel.getResultTypes())
    tensors.emplace_back(cast<RankedTensorType>(type));
  std::vector<Buffer> buffers;
  std::vector<void *> args;
  auto failed = [](const Status &status) {
    return llvm::createStringError(llvm::inconvertibleErrorCode(), status.message());
  };
  for (Tensor &tensor : tensors) {
    Expected<Buffer> buffer = Buffer::allocate(tensor.bytes(), "a tensor");
    if (!buffer)
      return failed(buffer.status());
    std::memcpy(buffer->data(), tensor.data(), tensor.bytes());
    args.push_back(buffer->data());
    buffers.push_back(std::move(*buffer));
  }
  if (inPlace)
    for (unsigned output = 0; output < kernel.getNumResults(); ++output)
      for (auto [input, into] : loaded->info.inPlace)
        if (into == int(output) &&
            !llvm::is_contained(ArrayRef(args).drop_front(kernel.getNumArguments()), args[input])) {
          args[kernel.getNumArguments() + output] = args[input];
          break;
        }
  auto pool = ThreadPool::create(workers);
  if (!pool)
    return failed(pool.status());
  if (Status reserved = (*pool)->reserveScratch(loaded->info.scratchBytes); !reserved.isOk())
    return failed(reserved);
  using Clock = std::chrono::steady_clock;
  auto timeOf = [&](int64_t runs) {
    auto start = Clock::now();
    for (int64_t i = 0; i < runs; ++i)
      ThreadPool::parallelFor(pool->get(), loaded->function, args.data(), loaded->info.chunks);
    return std::chrono::duration<double>(Clock::now() - start).count() / double(runs);
  };
  double once = std::max(timeOf(1), 1e-8);
  int64_t runs = std::max<int64_t>(1, int64_t(seconds / 10 / once));
  double best = once;
  for (int batch = 0; batch < 10; ++batch)
    best = std::min(best, timeOf(runs));
  return best * 1e9;
}

} // namespace mlc::compiler
