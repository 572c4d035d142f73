#include "compiler/step/StreamTable.h"

#include "llvm/IR/Constants.h"

using namespace mlc::compiler;
using llvm::BasicBlock, llvm::Function, llvm::FunctionType, llvm::IRBuilder, llvm::Value;

/// Words of a stream.
static constexpr uint64_t size = 3;

Place StreamTable::add(Function *function, const Place &source, uint64_t site) {
  if (!memory) {
    // Once for the function, however often the code around runs.
    IRBuilder<> entry(&*function->getEntryBlock().getFirstInsertionPt());
    memory = entry.CreateAlloca(llvm::ArrayType::get(entry.getInt64Ty(), size), entry.getInt64(1), "streams");
  }
  streams.push_back({source, site});
  return {memory, int64_t((streams.size() - 1) * size * sizeof(uint64_t))};
}

void StreamTable::emit(IRBuilder<> &builder, Function *&filler) {
  if (streams.empty())
    return;
  memory->setOperand(0, builder.getInt64(streams.size()));
  llvm::ArrayRef<Stream> all(streams);
  for (size_t first = 0, end; first < all.size(); first = end) {
    const Place &source = all[first].source;
    end = first + 1;
    while (end < all.size() && all[end].source.base == source.base && all[end].source.bytes == source.bytes)
      ++end;
    emit(builder, filler, all.slice(first, end - first), first);
  }
  streams.clear();
  memory = nullptr;
}

/// `void (const int64_t *source, const int64_t *site, const int64_t *end, int64_t *stream)`.
static Function *buildFiller(llvm::Module &module) {
  llvm::LLVMContext &context = module.getContext();
  IRBuilder<> builder(context);
  auto *pointer = builder.getPtrTy();
  auto *word = builder.getInt64Ty();
  auto *type = FunctionType::get(builder.getVoidTy(), llvm::SmallVector<llvm::Type *>(4, pointer), false);
  Function *filler = Function::Create(type, llvm::Function::InternalLinkage, "fill_streams", module);
  filler->addFnAttr(llvm::Attribute::NoUnwind);
  filler->addFnAttr(llvm::Attribute::NoInline);
  Value *source = filler->getArg(0), *begin = filler->getArg(1), *end = filler->getArg(2);
  BasicBlock *entry = BasicBlock::Create(context, "entry", filler);
  BasicBlock *fill = BasicBlock::Create(context, "fill", filler);
  BasicBlock *done = BasicBlock::Create(context, "done", filler);
  auto wordOf = [&](Value *base, uint64_t index) {
    return builder.CreateConstInBoundsGEP1_64(word, base, index);
  };

  builder.SetInsertPoint(entry);
  llvm::SmallVector<Value *> words;
  for (uint64_t i = 0; i < size; ++i)
    words.push_back(builder.CreateLoad(word, wordOf(source, i)));
  builder.CreateBr(fill);

  builder.SetInsertPoint(fill); // there is one at least
  llvm::PHINode *site = builder.CreatePHI(pointer, 2), *stream = builder.CreatePHI(pointer, 2);
  for (uint64_t i = 0; i < size; ++i)
    builder.CreateStore(i ? words[i] : builder.CreateXor(words[i], builder.CreateLoad(word, site)),
                        wordOf(stream, i));
  Value *nextSite = wordOf(site, 1), *nextStream = wordOf(stream, size);
  builder.CreateCondBr(builder.CreateICmpNE(nextSite, end), fill, done);
  site->addIncoming(begin, entry);
  site->addIncoming(nextSite, fill);
  stream->addIncoming(filler->getArg(3), entry);
  stream->addIncoming(nextStream, fill);

  builder.SetInsertPoint(done);
  builder.CreateRetVoid();
  return filler;
}

void StreamTable::emit(IRBuilder<> &builder, Function *&filler, llvm::ArrayRef<Stream> run, size_t first) {
  llvm::Module &module = *memory->getModule();
  auto *word = builder.getInt64Ty();
  auto at = [&](Value *base, uint64_t bytes) {
    return bytes ? builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), base, bytes) : base;
  };
  auto wordOf = [&](Value *base, uint64_t index) {
    return builder.CreateConstInBoundsGEP1_64(word, base, index);
  };
  Value *source = at(run.front().source.base, run.front().source.bytes);
  if (run.size() <= straightStreams) {
    for (uint64_t i = 0; i < size; ++i) {
      Value *loaded = builder.CreateLoad(word, wordOf(source, i));
      for (const auto &[number, stream] : llvm::enumerate(run))
        builder.CreateStore(i ? loaded : builder.CreateXor(loaded, stream.site),
                            wordOf(memory, (first + number) * size + i));
    }
    return;
  }
  if (!filler)
    filler = buildFiller(module);
  std::vector<uint64_t> sites;
  for (const Stream &stream : run)
    sites.push_back(stream.site);
  auto *data = llvm::ConstantDataArray::get(module.getContext(), sites);
  Value *list = addReadOnly(module, data, "sites");
  builder.CreateCall(filler, {source, list, wordOf(list, sites.size()), wordOf(memory, first * size)});
}
