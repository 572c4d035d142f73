#include "compiler/oracle/Tensor.h"

#include "frontend/emit/EmitTypes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

using namespace mlir;

namespace mlc::compiler::oracle {

Tensor::Tensor(RankedTensorType type)
    : tensorType(type), elements(*frontend::dtypeOf(type.getElementType())), count(type.getNumElements()) {
  storage = std::make_shared<std::vector<char, Eigen::aligned_allocator<char>>>(bytes());
}

Tensor::Tensor(ElementsAttr dense) : Tensor(cast<RankedTensorType>(dense.getShapedType())) {
  if (isa<FloatType>(tensorType.getElementType())) {
    int64_t i = 0;
    for (const APFloat &value : dense.getValues<APFloat>())
      set(i++, value.convertToDouble());
    return;
  }
  char *out = static_cast<char *>(mutableData());
  int64_t width = sizeOf(elements);
  for (const APInt &value : dense.getValues<APInt>()) {
    uint64_t word = value.getZExtValue();
    std::memcpy(out, &word, width); // little-endian, as everything mlc runs on
    out += width;
  }
}

void *Tensor::mutableData() {
  if (storage.use_count() > 1)
    storage = std::make_shared<std::vector<char, Eigen::aligned_allocator<char>>>(*storage);
  return storage->data();
}

/// Calls visit(T *) with the element's C++ type.
template <typename Visit> static auto withElements(DType dtype, const void *data, Visit &&visit) {
  return visitDType(dtype, [&](auto element) {
    return visit(static_cast<const typename decltype(element)::Type *>(data));
  });
}

/// `value` as an element: floats round once, integers truncate and wrap.
template <typename T> static T elementFrom(double value) {
  if constexpr (!std::numeric_limits<T>::is_integer) {
    return T(value);
  } else {
    // Wrapping goes through i64, to which anything larger saturates.
    if (std::isnan(value))
      return 0;
    if (value <= -0x1p63)
      return T(std::numeric_limits<int64_t>::min());
    if (value >= 0x1p63)
      return T(std::numeric_limits<int64_t>::max());
    return T(int64_t(value));
  }
}

double Tensor::at(int64_t i) const {
  return withElements(elements, data(), [&](auto *p) { return double(p[i]); });
}

void Tensor::set(int64_t i, double value) {
  withElements(elements, mutableData(), [&](auto *p) {
    using T = std::remove_const_t<std::remove_pointer_t<decltype(p)>>;
    const_cast<T *>(p)[i] = elements == DType::Bool ? T(value != 0) : elementFrom<T>(value);
  });
}

int64_t Tensor::integerAt(int64_t i) const {
  return withElements(elements, data(), [&](auto *p) { return int64_t(p[i]); });
}

Eigen::ArrayXd Tensor::values() const {
  return withElements(elements, data(), [&](auto *p) -> Eigen::ArrayXd {
    Eigen::ArrayXd values(count);
    std::copy(p, p + count, values.data());
    return values;
  });
}

void Tensor::setValues(const Eigen::Ref<const Eigen::ArrayXd> &values) {
  mutableData();
  for (int64_t i = 0; i < count; ++i)
    set(i, values[i]);
}

Tensor Tensor::reshaped(RankedTensorType type) const {
  Tensor result = *this;
  result.tensorType = type;
  return result;
}

bool Tensor::hasNan() const {
  return withElements(elements, data(), [&](auto *p) {
    // No integer is.
    return std::any_of(p, p + count, [](auto value) { return std::isnan(double(value)); });
  });
}

SmallVector<int64_t> stridesOf(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (size_t axis = shape.size(); axis-- > 1;)
    strides[axis - 1] = strides[axis] * shape[axis];
  return strides;
}

} // namespace mlc::compiler::oracle
