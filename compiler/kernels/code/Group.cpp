#include "compiler/kernels/code/Group.h"

using namespace mlir;

namespace mlc::compiler {

bool isAnchor(Operation *op) {
  return isa<ir::ReduceOp, ir::ArgmaxOp, ir::ContractOp, ir::ConvOp, ir::ConvInputOp, ir::ConvFilterOp,
             ir::WindowMaxOp, ir::WindowGatherOp, ir::WindowScatterOp, ir::WindowSumOp, ir::WindowSpreadOp,
             ir::ScatterAddOp, ir::CumsumOp, ir::ArgsortOp>(op);
}

bool isSequential(Operation *op) { return isa<ir::ScatterAddOp, ir::CumsumOp, ir::ArgsortOp>(op); }

Group::Group(ArrayRef<Value> outs, llvm::DenseSet<Value> stored) : outs(outs), stored(std::move(stored)) {
  llvm::DenseSet<Operation *> seen;
  auto visit = [&](auto &&self, Value value) -> void {
    Operation *op = value.getDefiningOp();
    if (!op || this->stored.count(value) || !seen.insert(op).second)
      return;
    for (Value operand : op->getOperands())
      self(self, operand);
    ops.push_back(op);
  };
  for (Value out : outs)
    visit(visit, out);
}

SmallVector<Operation *> Group::anchors() const {
  SmallVector<Operation *> found;
  for (Operation *op : ops)
    if (isAnchor(op))
      found.push_back(op);
  return found;
}

bool Group::onlyElementwiseAfter(Operation *anchor) const {
  llvm::DenseSet<Operation *> depends{anchor};
  for (Operation *op : ops) {
    bool dependent = llvm::any_of(op->getOperands(), [&](Value operand) {
      return !stored.count(operand) && operand.getDefiningOp() && depends.count(operand.getDefiningOp());
    });
    if (!dependent)
      continue;
    if (!isa<ir::ElementwiseOpInterface>(op))
      return false;
    depends.insert(op);
  }
  return true;
}

bool Group::reaches(Value from, Value to) const {
  SmallVector<Value> work{to};
  llvm::DenseSet<Value> seen;
  while (!work.empty()) {
    Value value = work.pop_back_val();
    if (value == from)
      return true;
    Operation *op = value.getDefiningOp();
    if (op && !stored.count(value) && seen.insert(value).second)
      work.append(op->operand_begin(), op->operand_end());
  }
  return false;
}

bool flowsThrough(Value input, llvm::function_ref<bool(Operation *)> allowed) {
  SmallVector<Value> work{input};
  llvm::DenseSet<Value> seen;
  while (!work.empty()) {
    Value value = work.pop_back_val();
    if (!seen.insert(value).second)
      continue;
    for (Operation *user : value.getUsers()) {
      if (user->hasTrait<OpTrait::IsTerminator>())
        continue;
      if (!allowed(user))
        return false;
      work.append(user->result_begin(), user->result_end());
    }
  }
  return true;
}

} // namespace mlc::compiler
