#include "frontend/Dim.h"

#include <limits>

namespace mlc::frontend {

namespace {
/// Sizes that do not fit saturate; whoever makes a tensor of such a size refuses it.
int64_t saturated(__int128 value) {
  constexpr int64_t most = std::numeric_limits<int64_t>::max();
  if (value > most)
    return most;
  return value < -__int128(most) ? -most : int64_t(value);
}
} // namespace

int64_t Dim::at(int64_t rows) const {
  // Horner's rule from the highest power down.
  __int128 result = 0;
  int power = terms.empty() ? 0 : terms.rbegin()->first;
  for (; power >= 0; --power) {
    result = saturated(result * rows);
    auto term = terms.find(power);
    if (term != terms.end())
      result = saturated(result + term->second);
  }
  return int64_t(result);
}

std::optional<Dim> Dim::dividedBy(const Dim &divisor) const {
  if (divisor.terms.empty())
    return std::nullopt;
  auto [leadPower, lead] = *divisor.terms.rbegin();
  Dim rest = *this, quotient;
  while (!rest.terms.empty()) {
    auto [power, coefficient] = *rest.terms.rbegin();
    if (power < leadPower || coefficient % lead != 0)
      return std::nullopt;
    Dim term;
    term.terms[power - leadPower] = coefficient / lead;
    quotient = quotient + term;
    rest = rest - term * divisor;
    if (!rest.terms.empty() && rest.terms.rbegin()->first >= power)
      return std::nullopt; // saturated
  }
  return quotient;
}

std::string Dim::str() const {
  if (terms.empty())
    return "0";
  std::string text;
  for (auto term = terms.rbegin(); term != terms.rend(); ++term) {
    auto [power, coefficient] = *term;
    bool negative = coefficient < 0;
    if (text.empty())
      text = negative ? "-" : "";
    else
      text += negative ? " - " : " + ";
    std::string digits = std::to_string(coefficient);
    if (negative)
      digits.erase(0, 1);
    if (power == 0 || digits != "1")
      text += digits + (power ? " * " : "");
    if (power)
      text += power == 1 ? "batch" : "batch^" + std::to_string(power);
  }
  return text;
}

Dim operator+(const Dim &a, const Dim &b) {
  Dim sum = a;
  for (auto [power, coefficient] : b.terms) {
    int64_t total = saturated(__int128(sum.terms[power]) + coefficient);
    if (total)
      sum.terms[power] = total;
    else
      sum.terms.erase(power);
  }
  return sum;
}

Dim operator-(const Dim &a, const Dim &b) { return a + Dim(-1) * b; }

Dim operator*(const Dim &a, const Dim &b) {
  Dim product;
  for (auto [powerA, coefficientA] : a.terms)
    for (auto [powerB, coefficientB] : b.terms) {
      Dim term;
      if (int64_t coefficient = saturated(__int128(coefficientA) * coefficientB))
        term.terms[powerA + powerB] = coefficient;
      product = product + term;
    }
  return product;
}

} // namespace mlc::frontend
