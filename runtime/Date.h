// Dates and times as ISO 8601 writes them, and their parts as numbers.
#ifndef MLC_RUNTIME_DATE_H
#define MLC_RUNTIME_DATE_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlc {

/// A day of the Gregorian calendar, years 1 to 9999, and a time of that day; midnight if there was none.
struct DateTime {
  int year = 1, month = 1, day = 1;
  int hour = 0, minute = 0;
  double second = 0; ///< below 61: there are leap seconds
};

/// The whole of `text` as YYYY-MM-DD or YYYYMMDD, maybe with a time: a `T` or a blank, hh:mm, maybe :ss and a
/// fraction, maybe a zone: `Z`, +hh, +hhmm or +hh:mm. The zone is read and left out: the parts are those of
/// the clock that was written down. Nothing if the text or the day is none.
std::optional<DateTime> parseDate(std::string_view text);

enum class DatePart {
  Year,
  Month,     ///< 1 to 12
  Day,       ///< 1 to 31
  Weekday,   ///< 0, Monday, to 6
  DayOfYear, ///< 1 to 366
  Hour,
  Minute,
  Second, ///< with its fraction
  Days    ///< since 1970-01-01, with the time as fraction
};

/// "year", "month", "day", "weekday", "day_of_year", "hour", "minute", "second", "days".
std::optional<DatePart> datePartNamed(std::string_view name);

double partOf(const DateTime &date, DatePart part);

} // namespace mlc
#endif
