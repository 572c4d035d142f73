// Dates: which texts are some, and their parts, against those of Python's datetime.
#include "runtime/Date.h"

#include <gtest/gtest.h>

using namespace mlc;

static double part(const char *text, DatePart which) {
  std::optional<DateTime> date = parseDate(text);
  EXPECT_TRUE(date) << text;
  return date ? partOf(*date, which) : -1;
}

TEST(DateTest, PartsOfADay) {
  EXPECT_EQ(part("2024-03-01", DatePart::Year), 2024);
  EXPECT_EQ(part("2024-03-01", DatePart::Month), 3);
  EXPECT_EQ(part("2024-03-01", DatePart::Day), 1);
  EXPECT_EQ(part("2024-03-01", DatePart::Weekday), 4); // a Friday
  EXPECT_EQ(part("2024-03-01", DatePart::DayOfYear), 61);
  EXPECT_EQ(part("2023-03-01", DatePart::DayOfYear), 60);
  EXPECT_EQ(part("2024-12-31", DatePart::DayOfYear), 366);
  EXPECT_EQ(part("1970-01-01", DatePart::Days), 0);
  EXPECT_EQ(part("1969-12-31", DatePart::Days), -1);
  EXPECT_EQ(part("2024-03-01", DatePart::Days), 19783);
  EXPECT_EQ(part("0001-01-01", DatePart::Days), -719162);
  EXPECT_EQ(part("0001-01-01", DatePart::Weekday), 0);
  EXPECT_EQ(part("9999-12-31", DatePart::Days), 2932896);
  EXPECT_EQ(part("9999-12-31", DatePart::Weekday), 4);
  EXPECT_EQ(part("2000-02-29", DatePart::Weekday), 1);
  EXPECT_EQ(part("20240301", DatePart::DayOfYear), 61);
}

TEST(DateTest, PartsOfATime) {
  EXPECT_EQ(part("2024-03-01T13:45:30.25", DatePart::Hour), 13);
  EXPECT_EQ(part("2024-03-01 13:45", DatePart::Minute), 45);
  EXPECT_EQ(part("2024-03-01T13:45:30.25", DatePart::Second), 30.25);
  EXPECT_EQ(part("2024-03-01T12:00", DatePart::Days), 19783.5);
  EXPECT_EQ(part("2024-03-01", DatePart::Hour), 0);
  // As it stands, whatever the zone.
  for (const char *text : {"2024-03-01T23:30Z", "2024-03-01T23:30:00+02", "2024-03-01T23:30:00-0530",
                           "2024-03-01 23:30:00.000000000000000001+05:30"}) {
    EXPECT_EQ(part(text, DatePart::Hour), 23) << text;
    EXPECT_EQ(part(text, DatePart::Day), 1) << text;
  }
}

TEST(DateTest, WhatIsNoDate) {
  for (const char *text : {"",
                           "2024",
                           "2024-3-1",
                           "2024-13-01",
                           "2024-00-01",
                           "2024-02-30",
                           "2023-02-29",
                           "1900-02-29",
                           "0000-01-01",
                           "2024-0301",
                           "202403-01",
                           "01/03/2024",
                           "2024-03-01 ",
                           "2024-03-01T",
                           "2024-03-01T24:00",
                           "2024-03-01T1:00",
                           "2024-03-01T10",
                           "2024-03-01T10:60",
                           "2024-03-01T10:00:61",
                           "2024-03-01T10:00:00.",
                           "2024-03-01T10:00+",
                           "2024-03-01T10:00+5",
                           "2024-03-01T10:00+05:3",
                           "2024-03-01T10:00Zx",
                           "+024-03-01",
                           "20240301x",
                           "2024-03-01x10:00"})
    EXPECT_FALSE(parseDate(text)) << text;
}

TEST(DateTest, NamesOfParts) {
  EXPECT_EQ(datePartNamed("day_of_year"), DatePart::DayOfYear);
  EXPECT_EQ(datePartNamed("days"), DatePart::Days);
  EXPECT_FALSE(datePartNamed("week"));
}
