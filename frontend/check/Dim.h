// A size: a polynomial in `batch` with integer coefficients. `batch` is the only symbolic dimension of the
// language.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlc::frontend {

class Dim {
public:
  Dim() = default;
  Dim(int64_t constant) : number(constant) {}
  /// The symbolic dimension itself.
  static Dim batch() {
    Dim dim;
    dim.powers.emplace_back(1, 1);
    return dim;
  }

  /// The number, when `batch` does not occur.
  std::optional<int64_t> constant() const {
    return powers.empty() ? std::optional<int64_t>(number) : std::nullopt;
  }
  /// The size for a batch of `rows`.
  int64_t at(int64_t rows) const;
  /// This divided by `divisor` if that leaves no remainder for any batch size.
  std::optional<Dim> dividedBy(const Dim &divisor) const;
  /// As a person writes it: "batch", "2 * batch", "784".
  std::string str() const;
  size_t hash() const;

  friend Dim operator+(const Dim &a, const Dim &b);
  friend Dim operator-(const Dim &a, const Dim &b);
  friend Dim operator*(const Dim &a, const Dim &b);
  friend bool operator==(const Dim &a, const Dim &b) { return a.number == b.number && a.powers == b.powers; }
  friend bool operator!=(const Dim &a, const Dim &b) { return !(a == b); }

private:
  using Term = std::pair<int, int64_t>; // a power of batch and its coefficient

  /// All terms, from the lowest power up.
  std::vector<Term> terms() const;
  static Dim of(const std::vector<Term> &terms);

  /// Almost every size is a number, and needs no memory for others.
  int64_t number = 0;
  std::vector<Term> powers; // above 0, from the lowest up; no coefficient is zero
};

} // namespace mlc::frontend
