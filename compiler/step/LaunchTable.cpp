#include "compiler/step/LaunchTable.h"

#include "llvm/IR/Constants.h"

using namespace mlc::compiler;
using llvm::BasicBlock, llvm::Function, llvm::FunctionType, llvm::Value;

void LaunchTable::add(llvm::Constant *kernel, int64_t chunks, llvm::ArrayRef<Place> operands) {
  auto number = [](auto &list, auto *key) {
    return uint64_t(list.try_emplace(key, int64_t(list.size())).first->second);
  };
  words.insert(words.end(), {number(kernels, kernel), uint64_t(chunks), uint64_t(operands.size())});
  for (const Place &operand : operands)
    words.insert(words.end(), {number(bases, operand.base), uint64_t(operand.bytes)});
}

llvm::GlobalVariable *mlc::compiler::addReadOnly(llvm::Module &module, llvm::Constant *data,
                                                 const char *name) {
  auto *global = new llvm::GlobalVariable(module, data->getType(), /*isConstant=*/true,
                                          llvm::GlobalValue::PrivateLinkage, data, name);
  global->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
  return global;
}

void LaunchTable::emit(llvm::IRBuilder<> &builder, Function *runner, Value *call, Value *table,
                       llvm::function_ref<Value *(uint64_t)> slots) const {
  llvm::Module &module = *runner->getParent();
  auto *pointer = builder.getPtrTy();
  llvm::SmallVector<llvm::Constant *> addresses;
  for (const auto &[kernel, number] : kernels)
    addresses.push_back(kernel);
  auto *list = llvm::ConstantArray::get(llvm::ArrayType::get(pointer, addresses.size()), addresses);
  auto *run = llvm::ConstantDataArray::get(module.getContext(), words);
  Value *filled = slots(bases.size());
  for (const auto &[base, number] : bases)
    builder.CreateStore(base, builder.CreateConstInBoundsGEP1_64(pointer, filled, number));
  Value *begin = addReadOnly(module, run, "launches");
  Value *end = builder.CreateConstInBoundsGEP1_64(builder.getInt64Ty(), begin, words.size());
  builder.CreateCall(runner, {call, table, filled, addReadOnly(module, list, "kernels"), begin, end});
}

Function *mlc::compiler::buildLaunchRunner(llvm::Module &module, const CallFields &fields,
                                           Function *chunkRunner, bool profiled) {
  llvm::LLVMContext &context = module.getContext();
  llvm::IRBuilder<> builder(context);
  auto *pointer = builder.getPtrTy();
  auto *word = builder.getInt64Ty();
  auto *type = FunctionType::get(builder.getVoidTy(), llvm::SmallVector<llvm::Type *>(6, pointer), false);
  Function *runner = Function::Create(type, llvm::Function::InternalLinkage, "run_launches", module);
  runner->addFnAttr(llvm::Attribute::NoUnwind);
  runner->addFnAttr(llvm::Attribute::NoInline);
  Value *call = runner->getArg(0), *table = runner->getArg(1), *bases = runner->getArg(2);
  Value *kernels = runner->getArg(3), *begin = runner->getArg(4), *end = runner->getArg(5);
  auto block = [&](const char *name) { return BasicBlock::Create(context, name, runner); };
  BasicBlock *entry = block("entry"), *launch = block("launch"), *operand = block("operand");
  BasicBlock *run = block("run"), *one = block("one"), *many = block("many"), *next = block("next");
  BasicBlock *done = block("done");
  auto wordAt = [&](Value *at, int64_t index) {
    return builder.CreateLoad(word, builder.CreateConstInBoundsGEP1_64(word, at, index));
  };
  auto entryOf = [&](Value *list, Value *index) { return builder.CreateInBoundsGEP(pointer, list, index); };

  builder.SetInsertPoint(entry);
  auto field = [&](unsigned number) {
    return builder.CreateLoad(pointer, builder.CreateStructGEP(fields.type, call, number));
  };
  Value *scratch = field(fields.scratch), *parallelFor = field(fields.parallelFor);
  Value *workers = field(fields.context);
  Value *arguments = builder.CreateConstInBoundsGEP1_64(pointer, table, 1);
  builder.CreateBr(launch);

  builder.SetInsertPoint(launch);
  llvm::PHINode *at = builder.CreatePHI(pointer, 2);
  Value *chunks = wordAt(at, 1), *count = wordAt(at, 2);
  Value *kernel = builder.CreateLoad(pointer, entryOf(kernels, wordAt(at, 0)));
  builder.CreateBr(operand);

  builder.SetInsertPoint(operand); // there is one at least: what the launch writes
  llvm::PHINode *i = builder.CreatePHI(word, 2);
  Value *place = builder.CreateInBoundsGEP(
      word, at, builder.CreateAdd(builder.CreateShl(i, uint64_t(1)), builder.getInt64(3)));
  Value *base = builder.CreateLoad(pointer, entryOf(bases, wordAt(place, 0)));
  Value *address = builder.CreateInBoundsGEP(builder.getInt8Ty(), base, wordAt(place, 1));
  builder.CreateStore(address, entryOf(arguments, i));
  Value *following = builder.CreateAdd(i, builder.getInt64(1));
  builder.CreateCondBr(builder.CreateICmpULT(following, count), operand, run);
  i->addIncoming(builder.getInt64(0), launch);
  i->addIncoming(following, operand);

  builder.SetInsertPoint(run);
  if (profiled)
    builder.CreateBr(many);
  else
    builder.CreateCondBr(builder.CreateICmpEQ(chunks, builder.getInt64(1)), one, many);

  builder.SetInsertPoint(one);
  auto *kernelType = FunctionType::get(builder.getVoidTy(), {pointer, word, pointer}, false);
  builder.CreateCall(kernelType, kernel, {arguments, builder.getInt64(0), scratch});
  builder.CreateBr(next);

  builder.SetInsertPoint(many);
  builder.CreateStore(kernel, table);
  auto *loopType = FunctionType::get(builder.getVoidTy(), {pointer, pointer, pointer, word}, false);
  builder.CreateCall(loopType, parallelFor, {workers, chunkRunner, table, chunks});
  builder.CreateBr(next);

  builder.SetInsertPoint(next);
  Value *after = builder.CreateInBoundsGEP(
      word, at, builder.CreateAdd(builder.CreateShl(count, uint64_t(1)), builder.getInt64(3)));
  builder.CreateCondBr(builder.CreateICmpNE(after, end), launch, done);
  at->addIncoming(begin, entry);
  at->addIncoming(after, next);

  builder.SetInsertPoint(done);
  builder.CreateRetVoid();
  return runner;
}
