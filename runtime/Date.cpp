#include "runtime/Date.h"

#include <algorithm>
#include <array>

namespace mlc {
namespace {

/// In the order of DatePart.
constexpr std::array<std::string_view, 9> partNames = {"year", "month",  "day",    "weekday", "day_of_year",
                                                       "hour", "minute", "second", "days"};

bool isLeap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int daysOf(int year, int month) {
  constexpr std::array<int, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return days[static_cast<size_t>(month - 1)] + (month == 2 && isLeap(year));
}

int dayOfYear(const DateTime &date) {
  int days = date.day;
  for (int month = 1; month < date.month; ++month)
    days += daysOf(date.year, month);
  return days;
}

/// Days since 0001-01-01, a Monday, by the rule of leap years carried back.
int dayNumber(const DateTime &date) {
  int before = date.year - 1;
  return before * 365 + before / 4 - before / 100 + before / 400 + dayOfYear(date) - 1;
}

constexpr int dayNumberOf1970 = 719162;

/// Takes a text apart from its front.
class Scanner {
public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool isDone() const { return rest_.empty(); }
  bool take(char c) {
    if (rest_.empty() || rest_[0] != c)
      return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool takeAny(std::string_view which) {
    return std::any_of(which.begin(), which.end(), [&](char c) { return take(c); });
  }
  /// Exactly so many digits, with a value from `least` to `most`.
  bool number(int digits, int least, int most, int &value) {
    if (rest_.size() < static_cast<size_t>(digits))
      return false;
    value = 0;
    for (int i = 0; i < digits; ++i) {
      char c = rest_[static_cast<size_t>(i)];
      if (c < '0' || c > '9')
        return false;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(static_cast<size_t>(digits));
    return value >= least && value <= most;
  }
  /// Digits after a point.
  bool fraction(double &value) {
    double unit = 1;
    bool any = false;
    for (; !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; rest_.remove_prefix(1), any = true)
      if (unit < 1e12) { // more digits than a double of a minute's seconds keeps
        value = value * 10 + (rest_[0] - '0');
        unit *= 10;
      }
    value /= unit;
    return any;
  }

private:
  std::string_view rest_;
};

bool scanTime(Scanner &scanner, DateTime &date) {
  int second = 0;
  if (!scanner.number(2, 0, 23, date.hour) || !scanner.take(':') || !scanner.number(2, 0, 59, date.minute))
    return false;
  if (scanner.take(':')) {
    double fraction = 0;
    if (!scanner.number(2, 0, 60, second) || (scanner.takeAny(".,") && !scanner.fraction(fraction)))
      return false;
    date.second = second + fraction;
  }
  if (scanner.isDone() || scanner.takeAny("Zz"))
    return scanner.isDone();
  int hours, minutes;
  if (!scanner.takeAny("+-") || !scanner.number(2, 0, 23, hours))
    return false;
  return scanner.isDone() || ((scanner.take(':'), scanner.number(2, 0, 59, minutes)) && scanner.isDone());
}

} // namespace

std::optional<DateTime> parseDate(std::string_view text) {
  DateTime date;
  Scanner scanner(text);
  if (!scanner.number(4, 1, 9999, date.year))
    return std::nullopt;
  const bool dashes = scanner.take('-');
  if (!scanner.number(2, 1, 12, date.month) || scanner.take('-') != dashes ||
      !scanner.number(2, 1, daysOf(date.year, date.month), date.day))
    return std::nullopt;
  if (!scanner.isDone() && (!scanner.takeAny("Tt ") || !scanTime(scanner, date)))
    return std::nullopt;
  return date;
}

std::optional<DatePart> datePartNamed(std::string_view name) {
  const auto *found = std::find(partNames.begin(), partNames.end(), name);
  if (found == partNames.end())
    return std::nullopt;
  return static_cast<DatePart>(found - partNames.begin());
}

double partOf(const DateTime &date, DatePart part) {
  switch (part) {
  case DatePart::Year:
    return date.year;
  case DatePart::Month:
    return date.month;
  case DatePart::Day:
    return date.day;
  case DatePart::Weekday:
    return dayNumber(date) % 7;
  case DatePart::DayOfYear:
    return dayOfYear(date);
  case DatePart::Hour:
    return date.hour;
  case DatePart::Minute:
    return date.minute;
  case DatePart::Second:
    return date.second;
  case DatePart::Days:
    return dayNumber(date) - dayNumberOf1970 +
           (date.hour * 3600 + date.minute * 60 + date.second) / (24 * 3600.0);
  }
  return 0;
}

} // namespace mlc
