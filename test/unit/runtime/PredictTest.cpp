#include "runtime/train/Predict.h"
#include "TrainFixture.h"

#include <gmock/gmock.h>

using namespace mlc;
using namespace mlc::test;
using testing::HasSubstr;

namespace {

class PredictTest : public TrainFixture {
protected:
  PredictTest() {
    session = std::move(*Session::create(program, 1));
    EXPECT_TRUE(session->initialise(0).isOk());
    // w = 1, 10, 100 and no mean: predictions can be read off the inputs.
    const float w[] = {1, 10, 100};
    std::memcpy(session->state(), w, sizeof w);
  }

  Expected<int64_t> run(const std::string &csv, PredictFormat format, int64_t batch = 2) {
    Expected<std::vector<FieldSpec>> fields = predictFields(program.manifest());
    EXPECT_TRUE(fields);
    EXPECT_EQ(fields->size(), 1u);
    Vocabulary vocabulary;
    Expected<Dataset> read =
        readFiles("csv", {folder.write("in.csv", csv)}, {}, *fields, vocabulary, false, {keep});
    EXPECT_TRUE(read) << read.status().message();
    PredictOptions options;
    options.batch = batch;
    options.format = format;
    options.names = names;
    out.clear();
    return predict(*session, Rows::all(std::make_shared<const Dataset>(std::move(*read))), options,
                   [&](std::string_view text) {
                     out += text;
                     return Status();
                   });
  }
  std::unique_ptr<Session> session;
  std::string out;
  std::map<std::string, CodeNames> names;
  std::vector<std::string> keep;
};

} // namespace

TEST_F(PredictTest, Csv) {
  Expected<int64_t> rows = run("x2,x1,x0\n0,0,0.1\n1,1,1\n-1,0,0\n", PredictFormat::Csv);
  ASSERT_TRUE(rows);
  EXPECT_EQ(*rows, 3);
  EXPECT_EQ(out, "guess,pair.0,pair.1\n0.1,0,1\n111,1,1\n-100,2,0\n");
}

TEST_F(PredictTest, JsonLines) {
  float nan = NAN;
  std::memcpy(session->bytesOf(*program.manifest().findState("net.b")), &nan, sizeof nan);
  ASSERT_TRUE(run("x0,x1,x2\n1,1,1\n", PredictFormat::JsonLines));
  EXPECT_EQ(out, "{\"guess\":null,\"pair\":[0,0]}\n");
}

TEST_F(PredictTest, NamesAndKeptColumns) {
  names = {{"pair", {"a,b", "it \"is\""}}, {"guess", {"no", "yes"}}};
  keep = {"id"};
  std::string csv = "id,x2,x1,x0\n\"7, \"\"x\"\"\",1,1,1\n,0,0,0.1\n";
  ASSERT_TRUE(run(csv, PredictFormat::Csv, 1));
  EXPECT_EQ(out, "id,guess,\"pair.a,b\",\"pair.it \"\"is\"\"\"\n\"7, \"\"x\"\"\",111,0,1\n\"\",0.1,1,1\n");
  ASSERT_TRUE(run(csv, PredictFormat::JsonLines));
  EXPECT_EQ(out, "{\"id\":\"7, \\\"x\\\"\",\"guess\":111,\"pair\":{\"a,b\":0,\"it \\\"is\\\"\":1}}\n"
                 "{\"id\":\"\",\"guess\":0.1,\"pair\":{\"a,b\":1,\"it \\\"is\\\"\":1}}\n");
}

TEST_F(PredictTest, NamesOfCodes) {
  FieldSpec field;
  field.categories = 4;
  EXPECT_EQ(codeNamesOf(field, {"x", "y"}), (CodeNames{"x", "y", "", ""}));
  field.optional = true;
  EXPECT_EQ(codeNamesOf(field, {"x", "y"}), (CodeNames{"missing", "x", "y", ""}));
  field.categories = 0; // a label of pictures that is a number
  EXPECT_EQ(codeNamesOf(field, {"x"}), (CodeNames{"missing", "x"}));
  // No two codes have one name: neither that of a missing value nor a number is taken from a value.
  EXPECT_EQ(codeNamesOf(field, {"x", "missing"}), (CodeNames{"code 0", "x", "missing"}));
  EXPECT_EQ(codeNamesOf(field, {"code 0", "missing"}), (CodeNames{"code code 0", "code 0", "missing"}));
  field.optional = false;
  field.categories = 5;
  EXPECT_EQ(codeNamesOf(field, {"0", "1", "3"}), (CodeNames{"0", "1", "3", "code 3", ""}));
  EXPECT_EQ(codeNamesOf(field, {"0", "3", "code 3"}), (CodeNames{"0", "3", "code 3", "code code 3", ""}));
}

TEST_F(PredictTest, NoTwoColumnsHaveOneName) {
  PredictOptions options;
  options.names = {{"pair", {"cat", "dog"}}};
  auto check = [&](const std::vector<std::string> &kept, PredictFormat format) {
    options.format = format;
    return checkColumns(program.manifest(), options, kept);
  };
  for (PredictFormat format : {PredictFormat::Csv, PredictFormat::JsonLines}) {
    EXPECT_TRUE(check({"id", "x0", "pair.0"}, format).isOk());
    Status twice = check({"id", "x0", "id"}, format);
    EXPECT_EQ(twice.code(), StatusCode::Usage);
    EXPECT_EQ(twice.message(), "--keep id is given twice, and once is enough");
    Status taken = check({"id", "guess"}, format);
    EXPECT_EQ(taken.code(), StatusCode::Usage);
    EXPECT_EQ(taken.message(), "--keep guess has the name of what `predict guess` gives: call the column "
                               "otherwise in the first line of the file, and here; or leave `predict guess` "
                               "out: name the other lines with --only");
  }
  // An object has `pair`, a table `pair.cat` and `pair.dog`.
  EXPECT_TRUE(check({"pair"}, PredictFormat::Csv).isOk());
  EXPECT_THAT(check({"pair.dog"}, PredictFormat::Csv).message(), HasSubstr("what `predict pair` gives"));
  EXPECT_TRUE(check({"pair.dog"}, PredictFormat::JsonLines).isOk());
  EXPECT_FALSE(check({"pair"}, PredictFormat::JsonLines).isOk());
}

TEST_F(PredictTest, BatchSizeChangesNothing) {
  std::string csv = "x0,x1,x2\n1,2,3\n4,5,6\n7,8,9\n1,1,1\n2,2,2\n";
  ASSERT_TRUE(run(csv, PredictFormat::JsonLines, 1));
  std::string one = out;
  for (int64_t batch : {2, 3, 5, 16}) {
    ASSERT_TRUE(run(csv, PredictFormat::JsonLines, batch));
    EXPECT_EQ(out, one);
  }
}

TEST_F(PredictTest, NoRowsAndNoPredictLine) {
  ASSERT_TRUE(run("x0,x1,x2\n", PredictFormat::Csv));
  EXPECT_EQ(out, "guess,pair.0,pair.1\n");
  Manifest silent = program.manifest();
  silent.functions.erase(
      std::remove_if(silent.functions.begin(), silent.functions.end(),
                     [](const FunctionSpec &each) { return each.kind == FunctionKind::Predict; }),
      silent.functions.end());
  Expected<std::vector<FieldSpec>> none = predictFields(silent);
  EXPECT_EQ(none.status().code(), StatusCode::Usage);
  EXPECT_THAT(none.status().message(), HasSubstr("no `predict` line"));
}
