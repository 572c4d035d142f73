// A size: a polynomial in `batch` with integer coefficients. `batch` is the only symbolic dimension of the
// language.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace mlc::frontend {

class Dim {
public:
  Dim() = default;
  Dim(int64_t constant) {
    if (constant)
      terms[0] = constant;
  }
  /// The symbolic dimension itself.
  static Dim batch() {
    Dim dim;
    dim.terms[1] = 1;
    return dim;
  }

  /// The number, when `batch` does not occur.
  std::optional<int64_t> constant() const {
    if (terms.empty())
      return 0;
    if (terms.size() == 1 && terms.begin()->first == 0)
      return terms.begin()->second;
    return std::nullopt;
  }
  /// The size for a batch of `rows`.
  int64_t at(int64_t rows) const;
  /// This divided by `divisor` if that leaves no remainder for any batch size.
  std::optional<Dim> dividedBy(const Dim &divisor) const;
  /// As a person writes it: "batch", "2 * batch", "784".
  std::string str() const;

  friend Dim operator+(const Dim &a, const Dim &b);
  friend Dim operator-(const Dim &a, const Dim &b);
  friend Dim operator*(const Dim &a, const Dim &b);
  friend bool operator==(const Dim &a, const Dim &b) { return a.terms == b.terms; }
  friend bool operator!=(const Dim &a, const Dim &b) { return !(a == b); }
  friend bool operator<(const Dim &a, const Dim &b) { return a.terms < b.terms; }

private:
  std::map<int, int64_t> terms; // power of batch -> coefficient, none zero
};

} // namespace mlc::frontend
