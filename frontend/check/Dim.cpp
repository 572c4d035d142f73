#include "frontend/check/Dim.h"

#include <functional>
#include <limits>
#include <map>

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

std::vector<Dim::Term> Dim::terms() const {
  std::vector<Term> all;
  if (number)
    all.emplace_back(0, number);
  all.insert(all.end(), powers.begin(), powers.end());
  return all;
}

Dim Dim::of(const std::vector<Term> &terms) {
  Dim dim;
  for (const Term &term : terms)
    if (term.first == 0)
      dim.number = term.second;
    else if (term.second)
      dim.powers.push_back(term);
  return dim;
}

size_t Dim::hash() const {
  size_t result = std::hash<int64_t>()(number);
  for (auto [power, coefficient] : powers)
    result = (result * 31 + size_t(power)) * 31 + std::hash<int64_t>()(coefficient);
  return result;
}

int64_t Dim::at(int64_t rows) const {
  if (powers.empty())
    return number;
  // Horner's rule from the highest power down.
  __int128 result = 0;
  auto term = powers.rbegin();
  for (int power = powers.back().first; power >= 0; --power) {
    result = saturated(result * rows);
    if (power == 0)
      result = saturated(result + number);
    else if (term != powers.rend() && term->first == power)
      result = saturated(result + (term++)->second);
  }
  return int64_t(result);
}

std::optional<Dim> Dim::dividedBy(const Dim &divisor) const {
  std::vector<Term> divisorTerms = divisor.terms();
  if (divisorTerms.empty())
    return std::nullopt;
  auto [leadPower, lead] = divisorTerms.back();
  Dim rest = *this, quotient;
  for (std::vector<Term> left = rest.terms(); !left.empty(); left = rest.terms()) {
    auto [power, coefficient] = left.back();
    if (power < leadPower || coefficient % lead != 0)
      return std::nullopt;
    Dim term = of({{power - leadPower, coefficient / lead}});
    quotient = quotient + term;
    rest = rest - term * divisor;
    if (std::vector<Term> after = rest.terms(); !after.empty() && after.back().first >= power)
      return std::nullopt; // saturated
  }
  return quotient;
}

std::string Dim::str() const {
  std::vector<Term> all = terms();
  if (all.empty())
    return "0";
  std::string text;
  for (auto term = all.rbegin(); term != all.rend(); ++term) {
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
  if (a.powers.empty() && b.powers.empty())
    return saturated(__int128(a.number) + b.number);
  std::map<int, int64_t> sum;
  for (const Dim *dim : {&a, &b})
    for (auto [power, coefficient] : dim->terms())
      sum[power] = saturated(__int128(sum[power]) + coefficient);
  return Dim::of({sum.begin(), sum.end()});
}

Dim operator-(const Dim &a, const Dim &b) { return a + Dim(-1) * b; }

Dim operator*(const Dim &a, const Dim &b) {
  if (a.powers.empty() && b.powers.empty())
    return saturated(__int128(a.number) * b.number);
  std::map<int, int64_t> product;
  for (auto [powerA, coefficientA] : a.terms())
    for (auto [powerB, coefficientB] : b.terms()) {
      int64_t &sum = product[powerA + powerB];
      sum = saturated(__int128(sum) + saturated(__int128(coefficientA) * coefficientB));
    }
  return Dim::of({product.begin(), product.end()});
}

} // namespace mlc::frontend
