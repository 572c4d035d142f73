// Values of the oracle: dense row-major tensors of the mlc dialect's element types, held as compiled code
// holds them.
#ifndef MLC_COMPILER_ORACLE_TENSOR_H
#define MLC_COMPILER_ORACLE_TENSOR_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "runtime/DType.h"

#include <Eigen/Core>
#include <memory>
#include <vector>

namespace mlc::compiler::oracle {

/// A tensor with the bytes a kernel would read. Copies share the bytes until one of them is written to.
class Tensor {
public:
  Tensor() = default;
  /// All zeros. The type must be static, with an element type that frontend::dtypeOf knows.
  explicit Tensor(mlir::RankedTensorType type);
  /// The elements of a constant; `dense` has a type as above.
  explicit Tensor(mlir::ElementsAttr dense);

  mlir::RankedTensorType type() const { return tensorType; }
  DType dtype() const { return elements; }
  llvm::ArrayRef<int64_t> shape() const { return tensorType.getShape(); }
  int64_t rank() const { return tensorType.getRank(); }
  int64_t size() const { return count; }
  int64_t bytes() const { return count * sizeOf(elements); }

  const void *data() const { return storage->data(); }
  /// For writing; takes an own copy first when the bytes are shared.
  void *mutableData();

  /// An element as a double: exact except for i64 beyond 2^53.
  double at(int64_t i) const;
  /// Stores `value` rounded once to the element type; integers truncate and wrap, NaN becomes 0.
  void set(int64_t i, double value);
  /// An element of an integer tensor, exactly.
  int64_t integerAt(int64_t i) const;

  /// All elements, in row-major order, in f64 (as for `at`).
  Eigen::ArrayXd values() const;
  /// Replaces all elements (as `set` does).
  void setValues(const Eigen::Ref<const Eigen::ArrayXd> &values);

  /// The same bytes under another shape of equal size.
  Tensor reshaped(mlir::RankedTensorType type) const;

  bool hasNan() const;

private:
  mlir::RankedTensorType tensorType;
  DType elements = DType::F32;
  int64_t count = 0;
  // 64-byte aligned, as kernels may expect.
  std::shared_ptr<std::vector<char, Eigen::aligned_allocator<char>>> storage;
};

/// Row-major strides, in elements.
llvm::SmallVector<int64_t> stridesOf(llvm::ArrayRef<int64_t> shape);

/// Calls visit(index, position) for every index of `shape` in row-major order.
template <typename Visit> void forEachIndex(llvm::ArrayRef<int64_t> shape, Visit &&visit) {
  llvm::SmallVector<int64_t> index(shape.size(), 0);
  int64_t count = 1;
  for (int64_t dim : shape)
    count *= dim;
  for (int64_t position = 0; position < count; ++position) {
    visit(llvm::ArrayRef<int64_t>(index), position);
    for (size_t axis = shape.size(); axis-- > 0;) {
      if (++index[axis] < shape[axis])
        break;
      index[axis] = 0;
    }
  }
}

} // namespace mlc::compiler::oracle
#endif
