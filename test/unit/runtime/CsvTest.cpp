#include "runtime/data/Csv.h"
#include "Growth.h"
#include "TempFolder.h"
#include "runtime/data/Reader.h"

#include <gmock/gmock.h>

#include <cmath>

using namespace mlc;
using namespace mlc::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

FieldSpec field(const std::string &name, DType dtype, std::vector<std::string> columns = {}) {
  FieldSpec spec;
  spec.name = name;
  spec.dtype = dtype;
  if (columns.size() > 1)
    spec.shape = {static_cast<int64_t>(columns.size())};
  spec.columns = std::move(columns);
  return spec;
}
FieldSpec category(const std::string &name, int64_t count, bool optional = false) {
  FieldSpec spec = field(name, DType::I32);
  spec.categories = count;
  spec.coding = Coding::Category;
  spec.optional = optional;
  return spec;
}

class CsvTest : public testing::Test {
protected:
  Expected<Dataset> read(const std::string &text, const std::vector<FieldSpec> &fields, bool learn = true) {
    return readCsv(folder.write("data.csv", text), options, fields, vocabulary, learn);
  }
  void expectBad(const std::string &text, const std::vector<FieldSpec> &fields, const std::string &why,
                 bool learn = true) {
    Expected<Dataset> data = read(text, fields, learn);
    ASSERT_FALSE(data) << why;
    EXPECT_EQ(data.status().code(), StatusCode::BadData);
    EXPECT_THAT(data.status().message(), HasSubstr(why));
  }
  template <typename T> std::vector<T> column(const Expected<Dataset> &data, size_t i = 0) {
    EXPECT_TRUE(data) << data.status().message();
    return data ? valuesOf<T>(data->columns[i].bytes) : std::vector<T>();
  }
  TempFolder folder;
  Vocabulary vocabulary;
  std::map<std::string, std::string> options;
};

} // namespace

TEST_F(CsvTest, ColumnsByName) {
  Expected<Dataset> data =
      read("a,b,c\n1,2,3\n4,5,6\n", {field("v", DType::F32, {"c", "a"}), field("b", DType::I32)});
  EXPECT_THAT(column<float>(data, 0), ElementsAre(3, 1, 6, 4));
  EXPECT_THAT(column<int32_t>(data, 1), ElementsAre(2, 5));
  EXPECT_EQ(data->rows, 2);
}

TEST_F(CsvTest, QuotesLineEndsAndBlanks) {
  std::string text = "\xef\xbb\xbfname,\"the \"\"x\"\"\"\r\n\"two\r\nlines, one value\", 1.5 \r\n\r\n plain "
                     ",\"2\" \r\n b , 3";
  Expected<Dataset> data = read(text, {category("name", 3), field("x", DType::F64, {"the \"x\""})});
  EXPECT_THAT(column<double>(data, 1), ElementsAre(1.5, 2, 3));
  EXPECT_THAT(vocabulary["name"], ElementsAre("b", "plain", "two\r\nlines, one value"));
}

TEST_F(CsvTest, NumbersOfEveryDtype) {
  std::string text = "f,d,i,l,u,b\n0.1,0.1,-7,9007199254740993,255,true\n1e-3,+2,3e2,1,0,0\n";
  Expected<Dataset> data =
      read(text, {field("f", DType::F32), field("d", DType::F64), field("i", DType::I32),
                  field("l", DType::I64), field("u", DType::U8), field("b", DType::Bool)});
  EXPECT_THAT(column<float>(data, 0), ElementsAre(0.1f, 1e-3f));
  EXPECT_THAT(column<double>(data, 1), ElementsAre(0.1, 2));
  EXPECT_THAT(column<int32_t>(data, 2), ElementsAre(-7, 300));
  EXPECT_THAT(column<int64_t>(data, 3), ElementsAre(9007199254740993, 1));
  EXPECT_THAT(column<uint8_t>(data, 4), ElementsAre(255, 0));
  EXPECT_THAT(column<uint8_t>(data, 5), ElementsAre(1, 0));
}

TEST_F(CsvTest, TextWhereANumberBelongs) {
  expectBad("x,y\n1,2\n3,four\n", {field("y", DType::F32)}, "'four' is not a finite number, ");
  expectBad("x,y\n1,2\n3,four\n", {field("y", DType::F32)}, "data.csv line 3, column 'y'");
  expectBad("x\n1.5\n", {field("x", DType::I32)}, "'1.5' is not a whole number that fits i32");
  expectBad("x\n256\n", {field("x", DType::U8)}, "'256' is not a whole number from 0 to 255");
  expectBad("x\n3000000000\n", {field("x", DType::I32)}, "'3000000000' is not");
  expectBad("x\n2\n", {field("x", DType::Bool)}, "'2' is not 0, 1, true or false");
  expectBad("x\ninf\n", {field("x", DType::F64)}, "'inf' is not a finite number");
  expectBad("x\n1e39\n", {field("x", DType::F32)}, "'1e39' is not a finite number");
  expectBad("x,y\n1,\"a\nb\"\n2,c\n", {field("y", DType::F32)}, "line 2");
}

TEST_F(CsvTest, TooFewAndTooManyValues) {
  expectBad("x,y\n1,2\n3\n", {field("x", DType::F32)}, "too few values (1, the header has 2), ");
  expectBad("x,y\n1,2\n3\n", {field("x", DType::F32)}, "line 3");
  expectBad("x,y\n1,2,3\n", {field("x", DType::F32)}, "too many values (3, the header has 2)");
}

TEST_F(CsvTest, UnknownColumnsGetASuggestion) {
  expectBad("hours-per-week,age\n1,2\n", {field("hours_per_week", DType::F32)},
            "did you mean 'hours-per-week'?");
  expectBad("x,x\n1,2\n", {field("x", DType::F32)}, "several columns 'x'");
  FieldSpec vector = field("v", DType::F32);
  vector.shape = {3};
  expectBad("w\n1\n", {vector}, "needs 3 columns and names 1");
}

TEST_F(CsvTest, ManyNumbersInOneColumn) {
  FieldSpec tokens = field("t", DType::I32, {"tokens"}), past = field("past", DType::F32);
  tokens.shape = {2, 2};
  past.shape = {3};
  std::string header = "past,tokens\n";
  Expected<Dataset> data = read(header + "0.5 1  -2 ,4 5 6 7\n 1 2 3,9\n1 2 3,\" \"\n", {tokens, past});
  ASSERT_TRUE(data) << data.status().message();
  EXPECT_THAT(column<int32_t>(data, 0), ElementsAre(4, 5, 6, 7, 9, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(column<float>(data, 1), ElementsAre(0.5, 1, -2, 1, 2, 3, 1, 2, 3));
  expectBad(header + "1 2 3,1 2 3 4 5\n", {tokens}, "more than 4 numbers, ");
  expectBad(header + "1 2 3,1 x\n", {tokens}, "'x' is not a whole number");
  expectBad(header + "1 2,1\n", {past}, "2 numbers, and the field has 3, ");
  expectBad(header + "1 2,1\n", {past}, "line 2, column 'past'");
  FieldSpec pair = field("pair", DType::F32, {"past", "tokens"});
  pair.shape = {3};
  expectBad(header + "1 2,1\n", {pair}, "needs 3 columns and names 2");
}

TEST_F(CsvTest, MissingValues) {
  FieldSpec age = field("age", DType::F32);
  expectBad("age\n1\n\n", {age}, "a value is missing (declare the field with `?`");
  age.optional = true;
  Expected<Dataset> data = read("age,x\n1,a\n,b\nNA,c\n?,d\nnan,e\n", {age});
  std::vector<float> ages = column<float>(data);
  ASSERT_EQ(ages.size(), 5u);
  EXPECT_EQ(ages[0], 1);
  for (size_t i = 1; i < 5; ++i)
    EXPECT_TRUE(std::isnan(ages[i]));
  FieldSpec count = field("n", DType::I32);
  count.optional = true;
  expectBad("n,x\n,1\n", {count}, "i32 has none to stand for it");
}

TEST_F(CsvTest, CategoriesAreSortedByValue) {
  Expected<Dataset> data = read("job\nsmith\nbaker\nsmith\ncook\n", {category("job", 3)});
  EXPECT_THAT(column<int32_t>(data), ElementsAre(2, 0, 2, 1));
  EXPECT_THAT(vocabulary["job"], ElementsAre("baker", "cook", "smith"));
  // Numbers by value, not by spelling.
  EXPECT_THAT(column<int32_t>(read("n\n10\n9\n-1\n", {category("n", 3)})), ElementsAre(2, 1, 0));
  // Missing is code 0 and moves the others up; the bound counts it.
  data = read("job,x\nb,1\n?,1\na,1\n,1\n", {category("job", 3, true)});
  EXPECT_THAT(column<int32_t>(data), ElementsAre(2, 0, 1, 0));
  expectBad("job\na\nb\nc\n", {category("job", 2)}, "'c' is one category more than the 2 declared");
  // All are counted, before and after it.
  expectBad("job\na\nb\nc\nb\nd\ne\nc\n", {category("job", 2)},
            "'c' is one category more than the 2 declared; write `job: category(5)`, ");
  expectBad("job,x\na,\nb,\nNA,\nc,\nd,\n", {category("job", 4, true)},
            "'d' is one category more than the 4 declared; write `job: category(5)?` (code 0 stands for "
            "missing), ");
  expectBad("job\na\nb\nc\n", {category("job", 2)}, "line 4, column 'job'");
  expectBad("job\na\nb\n", {category("job", 2, true)}, "code 0 stands for missing");
}

TEST_F(CsvTest, OtherSplitsUseTheCategoriesOfTheTrainingSplit) {
  ASSERT_TRUE(read("job\nsmith\nbaker\n", {category("job", 4)}));
  EXPECT_THAT(column<int32_t>(read("job\nbaker\nsmith\n", {category("job", 4)}, false)), ElementsAre(0, 1));
  expectBad("job\ncook\n", {category("job", 4)}, "'cook' does not occur in the training data", false);
}

TEST_F(CsvTest, LabelsOutsideTheClasses) {
  FieldSpec label = field("y", DType::I32);
  label.classes = 3;
  EXPECT_TRUE(read("y\n0\n2\n", {label}));
  expectBad("y\n0\n3\n", {label}, "3 is outside the 3 classes, which count from 0 to 2");
  EXPECT_THAT(read("y\n3\n", {label}).status().message(), testing::StartsWith("3 is outside"));
  expectBad("y\n-1\n", {label}, "-1 is outside");
  FieldSpec narrow = category("job", 3, true);
  narrow.classes = 2;
  expectBad("job\ncook\nsmith\n", {narrow},
            "'smith' has a code that the program has no place for: it looks codes of `job` up among 2, and "
            "there are 3; write `one_hot(job, 3)`, or 3 in the `embedding` or the scores of `cross_entropy`");
}

TEST_F(CsvTest, BrokenText) {
  expectBad("", {field("x", DType::F32)}, "the file is empty");
  expectBad("x\n\"1\n2\n", {field("x", DType::F32)}, "a quote is opened and never closed");
  expectBad("x\n\"1\"2\n", {field("x", DType::F32)}, "text follows a closing quote");
  expectBad("x\n1\"2\n", {field("x", DType::F32)}, "a quote in the middle");
  expectBad("x\n\"" + std::string(2 << 20, 'a') + "\"\n", {field("x", DType::F32)}, "longer than 1 MiB");
  expectBad("x\n" + std::string(100000, ','), {field("x", DType::F32)}, "more than 65536 values");
  EXPECT_EQ(readCsv(folder.file("none.csv"), {}, {}, vocabulary, true).status().code(), StatusCode::IO);
}

TEST_F(CsvTest, SeparatorsAndGzip) {
  options = {{"separator", ";"}};
  EXPECT_THAT(column<float>(read("a;b\n1;2\n", {field("b", DType::F32)})), ElementsAre(2));
  options = {{"separator", "\t"}};
  EXPECT_THAT(column<float>(read("a\tb\n1\t2\n", {field("b", DType::F32)})), ElementsAre(2));
  options = {{"separator", "ab"}};
  expectBad("a\n1\n", {field("a", DType::F32)}, "must be one character");
  options = {{"seperator", ";"}};
  expectBad("a\n1\n", {field("a", DType::F32)}, "did you mean 'separator'?");
  std::string path = folder.writeGzip("data.csv.gz", "a\n7\n");
  Expected<Dataset> data = readCsv(path, {}, {field("a", DType::F32)}, vocabulary, true);
  EXPECT_THAT(column<float>(data), ElementsAre(7));
}

TEST_F(CsvTest, OneListOfWhatIsMissing) {
  std::string text = "x,job\n1,baker\nNA,n/a\n?,NaN\nnull,NULL\nN/A,?\n,\n";
  FieldSpec x = field("x", DType::F32);
  x.optional = true;
  Expected<Dataset> data = read(text, {x, category("job", 2, true)});
  EXPECT_THAT(column<int32_t>(data, 1), ElementsAre(1, 0, 0, 0, 0, 0));
  EXPECT_THAT(vocabulary["job"], ElementsAre("baker"));
  for (size_t i = 1; i < 6; ++i)
    EXPECT_TRUE(std::isnan(column<float>(data, 0)[i])) << i;
  EXPECT_THAT(column<int32_t>(read(text, {category("job", 2, true)}, false)), ElementsAre(1, 0, 0, 0, 0, 0));
  expectBad("job\nbaker\nNA\n", {category("job", 2)}, "a value is missing: 'NA' stands for that");
  expectBad("job\nbaker\nNA\n", {category("job", 2)}, "line 3, column 'job'");
}

TEST_F(CsvTest, AListOfOnesOwn) {
  FieldSpec land = category("land", 3, true), x = field("x", DType::F32), n = field("n", DType::I32);
  x.optional = true;
  land.missing = x.missing = n.missing = {"-", "-999"};
  Expected<Dataset> data = read("land,x,n\nNA,1,-999\n-,-999,1\n,-,2\nDE,2,3\n", {land, x, n});
  EXPECT_THAT(column<int32_t>(data, 0), ElementsAre(2, 0, 0, 1)); // NA is Namibia
  EXPECT_TRUE(std::isnan(column<float>(data, 1)[1]));
  EXPECT_TRUE(std::isnan(column<float>(data, 1)[2]));
  EXPECT_THAT(column<int32_t>(data, 2), ElementsAre(-999, 1, 2, 3)); // it cannot miss values
  expectBad("x\nNA\n", {x}, "'NA' is not a finite number");
  expectBad("n\n-\n", {n}, "a value is missing, and i32 has none to stand for it");
}

TEST_F(CsvTest, WhatWasACategoryInTrainingIsOne) {
  vocabulary["job"] = {"NA", "baker"}; // of a run of before NA was missing
  EXPECT_THAT(column<int32_t>(read("job\nbaker\nNA\n", {category("job", 2)}, false)), ElementsAre(1, 0));
}

TEST_F(CsvTest, Dates) {
  FieldSpec when = field("when", DType::F32), month = field("month", DType::F64, {"when"});
  when.coding = month.coding = Coding::Date;
  when.shape = {3};
  when.parts = {"year", "weekday", "day_of_year"};
  month.parts = {"month"};
  when.optional = true;
  Expected<Dataset> data = read("when,x\n2024-03-01,1\n1999-12-31T08:15:00Z,2\n", {when, month});
  EXPECT_THAT(column<float>(data, 0), ElementsAre(2024, 4, 61, 1999, 4, 365));
  EXPECT_THAT(column<double>(data, 1), ElementsAre(3, 12));
  data = read("when,x\nNA,1\n2024-03-01,2\n", {when});
  ASSERT_EQ(column<float>(data).size(), 6u);
  for (size_t i = 0; i < 3; ++i)
    EXPECT_TRUE(std::isnan(column<float>(data)[i]));
  expectBad("when\n03/01/2024\n", {when},
            "'03/01/2024' is not a date such as 2024-03-01 or 2024-03-01T13:45:00, ");
  expectBad("when,x\n,1\n", {month}, "a value is missing");
}

TEST_F(CsvTest, Words) {
  FieldSpec note = field("note", DType::I32), town = field("town", DType::I32);
  note.coding = Coding::Vocabulary;
  town.coding = Coding::Hash;
  note.categories = 4;
  town.categories = 11;
  note.shape = {3};
  note.optional = true;
  std::string text = "note,town\nA good day,Rome\n\"Good, good\",Oslo\n,Rome\n";
  Expected<Dataset> data = read(text, {note, town});
  EXPECT_THAT(column<int32_t>(data, 0), ElementsAre(3, 2, 1, 2, 2, 0, 0, 0, 0));
  EXPECT_THAT(vocabulary["note"], ElementsAre("good", "a"));
  std::vector<int32_t> towns = column<int32_t>(data, 1);
  EXPECT_EQ(towns[0], towns[2]);
  EXPECT_EQ(towns, column<int32_t>(read(text, {note, town}, false), 1));
  note.optional = false;
  expectBad(text, {note}, "a value is missing");
  expectBad("town\nK\xf6ln\n", {town}, "the text is not UTF-8");
  expectBad("job\nK\xf6ln\n", {category("job", 2)}, "the text is not UTF-8");
}

TEST_F(CsvTest, AColumnThatIsNoNumberSaysWhatItIs) {
  FieldSpec answer = field("answer", DType::F32), yes = field("answer", DType::Bool);
  expectBad("answer\nyes\nno\nyes\n", {answer},
            "column 'answer'; the column holds 2 different values: declare it as `category(2)`");
  expectBad("answer\nyes\nno\nyes\n", {yes}, "'yes' is not 0, 1, true or false");
  expectBad("answer\nyes\nno\nyes\n", {yes}, "declare it as `category(2)`");
  answer.optional = true;
  expectBad("answer,x\nNA,1\nno,1\nyes,1\n", {answer}, "declare it as `category(3)?`");
  expectBad("answer\n2024-01-02\n2024-01-03\n", {answer}, "the column holds dates: declare it as `date`");
  std::string text = "answer\n";
  for (int i = 0; i < 300; ++i)
    text += "remark " + std::to_string(i) + "\n";
  expectBad(text, {answer}, "the column holds text: `vocabulary(n)` and `hash(n)` make numbers of words");
  // One text among numbers is a mistake, not a category.
  EXPECT_THAT(read("answer\n1\n2\nx\n", {answer}).status().message(), testing::Not(HasSubstr("declare")));
  expectBad("answer\n\"1,5\"\n", {answer}, "'1,5' is not a finite number; the decimal mark is a point");
}

TEST_F(CsvTest, MessagesAboutColumnsListThem) {
  expectBad("a,b\n1,2\n", {field("c", DType::F32)},
            "there is no column 'c', " + folder.file("data.csv") + " (columns: 'a', 'b'); did you mean 'a'?");
  expectBad("a,b,a\n1,2,3\n", {field("a", DType::F32)}, " (columns: 'a', 'b', 'a')");
  expectBad("a\n1\n", {field("x", DType::F32, {"p", "q"})}, " (column: 'a')");
  FieldSpec vector = field("v", DType::F32);
  vector.shape = {3};
  expectBad("a,b\n1,2\n", {vector},
            "; write them after `=` in the data block, " + folder.file("data.csv") + " (columns: 'a', 'b')");
  std::string many = "a0";
  for (int i = 1; i < 100; ++i)
    many += ",a" + std::to_string(i);
  expectBad(many + "\n", {field("x", DType::F32)}, "'a23' and 76 more");
}

TEST_F(CsvTest, AnotherSeparatorIsNamed) {
  expectBad("a;b;c\n1;2;3\n", {field("a", DType::F32)},
            "the header is one column where `,` separates columns, and 3 where `;` does: write "
            "`csv(\"data.csv\", separator = \";\")`, ");
  expectBad("a\tb\n1\t2\n", {field("a", DType::F32)}, "separator = \"tab\"");
  options = {{"separator", ";"}};
  expectBad("a,b\n1,2\n", {field("a", DType::F32)}, "separator = \",\"");
  options = {{"separator", "tab"}};
  EXPECT_THAT(column<float>(read("a\tb\n1\t2\n", {field("b", DType::F32)})), ElementsAre(2));
  // A name that holds one is a name.
  options = {};
  EXPECT_THAT(column<float>(read("a;b\n1\n", {field("x", DType::F32, {"a;b"})})), ElementsAre(1));
  std::string path = folder.write("data.tsv", "a\tb\n1\t2\n");
  EXPECT_THAT(column<float>(readCsv(path, {}, {field("b", DType::F32)}, vocabulary, true)), ElementsAre(2));
}

TEST_F(CsvTest, CategoriesThatTrainingHasNotSeen) {
  ASSERT_TRUE(read("job\nsmith\nbaker\n", {category("job", 4, true)}));
  FieldSpec job = category("job", 4, true), x = field("x", DType::F32);
  job.unknown = UnknownCategory::Missing;
  std::string text = "id,job,x\n7,cook,1\n\"8, b\",smith,2\n9,NA,3\n10,cook,4\n";
  std::string path = folder.write("rows.csv", text);
  auto rows = [&] { return readFiles("csv", {path}, options, {job, x}, vocabulary, false, {{"id"}}); };
  EXPECT_THAT(column<int32_t>(rows()), ElementsAre(0, 2, 0, 0));
  job.unknown = UnknownCategory::Skip;
  Expected<Dataset> data = rows();
  EXPECT_THAT(column<int32_t>(data), ElementsAre(2, 0));
  EXPECT_THAT(column<float>(data, 1), ElementsAre(2, 3));
  EXPECT_EQ(data->rows, 2);
  EXPECT_EQ(data->skipped, 2);
  ASSERT_EQ(data->kept.size(), 1u);
  EXPECT_EQ(data->kept[0].name, "id");
  EXPECT_THAT(data->kept[0].values, ElementsAre("8, b", "9"));
  data->append(*rows());
  EXPECT_THAT(column<float>(data, 1), ElementsAre(2, 3, 2, 3));
  EXPECT_THAT(data->kept[0].values, ElementsAre("8, b", "9", "8, b", "9"));
  EXPECT_EQ(data->rows, 4);
  EXPECT_EQ(data->skipped, 4);
  EXPECT_EQ(readFiles("npz", {path}, {}, {x}, vocabulary, false, {{"id"}}).status().code(),
            StatusCode::Usage);
  EXPECT_THAT(readFiles("csv", {path}, {}, {x}, vocabulary, false, {{"key"}}).status().message(),
              HasSubstr("there is no column 'key', " + path + " (columns: 'id', 'job', 'x')"));
}

TEST_F(CsvTest, KeptColumnsAreBytesUnlessTheyMustBeUtf8) {
  std::string path = folder.write("rows.csv", "n\xF6te,caf\xC3\xA9,x\nK\xE4se,a,1\nb,Br\xC3\xBC\xCC,2\n");
  auto rows = [&](const std::string &name, bool asUtf8) {
    return readFiles("csv", {path}, {}, {field("x", DType::F32)}, vocabulary, false, {{name}, asUtf8});
  };
  Expected<Dataset> data = rows("caf\xC3\xA9", false);
  ASSERT_TRUE(data);
  EXPECT_THAT(data->kept[0].values, ElementsAre("a", "Br\xC3\xBC\xCC"));
  data = rows("n\xF6te", false);
  ASSERT_TRUE(data);
  EXPECT_EQ(data->kept[0].name, "n\xF6te");
  EXPECT_THAT(data->kept[0].values, ElementsAre("K\xE4se", "b"));

  const std::string what = "the text is not UTF-8; convert the file (iconv -f LATIN1 -t UTF-8), or leave out "
                           "--json: CSV passes bytes on as they are, " +
                           path + " line ";
  data = rows("caf\xC3\xA9", true);
  EXPECT_EQ(data.status().code(), StatusCode::BadData);
  EXPECT_EQ(data.status().message(), what + "3, column 'caf\xC3\xA9'");
  EXPECT_EQ(rows("n\xF6te", true).status().message(), what + "1, column 'n\xF6te'");
  EXPECT_TRUE(rows("x", true)); // what is not kept is not looked at
}

TEST_F(CsvTest, RandomBytesNeverDoWorseThanAnError) {
  uint32_t state = 1;
  for (int round = 0; round < 200; ++round) {
    std::string text = "a,b\n";
    for (int i = 0; i < 60; ++i) {
      state = state * 1664525 + 1013904223;
      text += "\",\n\r1a \t"[state >> 29];
    }
    (void)read(text, {field("a", DType::F32)});
  }
}

TEST_F(CsvTest, TimeIsProportionalToColumnsAndCategories) {
  expectLinear(500, [&](int64_t count) {
    std::string names, values;
    std::vector<FieldSpec> fields;
    for (int64_t i = 0; i < count; ++i) {
      names += (i ? ",c" : "c") + std::to_string(i);
      values += i ? ",1" : "1";
      fields.push_back(field("c" + std::to_string(count - 1 - i), DType::F32));
    }
    ASSERT_TRUE(read(names + "\n" + values + "\n", fields));
  });
  expectLinear(2500, [&](int64_t count) {
    std::string text = "c\n";
    for (int64_t i = 0; i < count; ++i)
      text += "value" + std::to_string(i * 7919 % count) + "\n";
    ASSERT_TRUE(read(text, {category("c", count)}));
    ASSERT_TRUE(read(text, {category("c", count)}, /*learn=*/false));
  });
}
