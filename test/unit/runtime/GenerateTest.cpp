#include "runtime/train/Generate.h"
#include "FakeProgram.h"

#include <gmock/gmock.h>

#include <cmath>
#include <set>

using namespace mlc;
using namespace mlc::test;
using testing::HasSubstr;

namespace {

constexpr int window = 4, values = 128;
bool asLogits;

/// After a letter comes the next one with probability 0.7, the one after that with 0.2, and '!' with 0.1;
/// when the window is full and begins with 'a', only '.'.
void predictLetters(const mlc_call *call) {
  auto *x = static_cast<const int32_t *>(call->inputs[0]);
  auto *table = static_cast<float *>(call->outputs[0]);
  for (int t = 0; t < window; ++t) {
    float *row = table + t * values;
    std::fill(row, row + values, 0.0f);
    if (t == window - 1 && x[0] == 'a') {
      row['.'] = 1;
    } else {
      row[(x[t] + 1) % values] += 0.7f;
      row[(x[t] + 2) % values] += 0.2f;
      row['!'] += 0.1f;
    }
    if (asLogits)
      for (int i = 0; i < values; ++i)
        row[i] = row[i] > 0 ? std::log(row[i]) + 5 : -100;
  }
}

class Letters : public FakeProgram {
public:
  Letters() {
    Manifest &manifest = editManifest();
    manifest.data.fields.push_back({"text", DType::I32, {window}, {}, 0, false, values});
    for (FunctionSpec &function : manifest.functions)
      if (function.kind == FunctionKind::Predict) {
        function.inputs = {{"text", DType::I32, {window}, true}};
        function.outputs = {{"next", DType::F32, {window, values}, true}};
      }
  }
  FunctionSpec &predictSpec() {
    for (FunctionSpec &function : editManifest().functions)
      if (function.kind == FunctionKind::Predict)
        return function;
    std::abort();
  }
  Expected<const Function *> function(FunctionKind id, int64_t rows) override {
    if (id != FunctionKind::Predict)
      return FakeProgram::function(id, rows);
    EXPECT_EQ(rows, 1);
    return &predicting;
  }

private:
  Function predicting{predictLetters, 0, 0};
};

class GenerateTest : public testing::Test {
protected:
  GenerateTest() {
    asLogits = false;
    options.bytes = 8;
    options.temperature = 0;
    options.prompt = "d";
  }
  Status run() {
    Expected<std::unique_ptr<Session>> session = Session::create(program, 1);
    EXPECT_TRUE(session) << session.status().message();
    out.clear();
    return generate(**session, options, [&](std::string_view text) {
      out += text;
      return Status();
    });
  }
  std::string text() {
    Status status = run();
    EXPECT_TRUE(status.isOk()) << status.message();
    return out;
  }
  void expectError(StatusCode code, const std::string &why) {
    Status status = run();
    EXPECT_EQ(status.code(), code);
    EXPECT_THAT(status.message(), HasSubstr(why));
  }
  Letters program;
  GenerateOptions options;
  std::string out;
};

} // namespace

TEST_F(GenerateTest, TheLikeliestFollowsThePrompt) {
  EXPECT_EQ(text(), "defghijkl");
  options.prompt = "xyzdef";
  EXPECT_EQ(text(), "xyzdefghijklmn");
  options.bytes = 0;
  EXPECT_EQ(text(), "xyzdef");
}

TEST_F(GenerateTest, TheModelSeesTheLastWindow) {
  options.prompt = "aefg";
  options.bytes = 3;
  EXPECT_EQ(text(), "aefg./0");
  options.prompt = "aefgh";
  EXPECT_EQ(text(), "aefghijk");
}

TEST_F(GenerateTest, WithoutAPromptItBeginsAfterALinesEnd) {
  options.prompt = "";
  options.bytes = 1;
  EXPECT_EQ(text(), "\x0b");
}

TEST_F(GenerateTest, DrawsFollowTheSeed) {
  options.temperature = 1;
  options.bytes = 50;
  std::set<std::string> texts;
  for (options.seed = 0; options.seed < 5; ++options.seed) {
    std::string once = text();
    EXPECT_EQ(once, text());
    texts.insert(once);
  }
  EXPECT_EQ(texts.size(), 5u);
}

TEST_F(GenerateTest, TemperatureAndTopK) {
  // How often '!' (0.1) and the letter after the next (0.2) come first.
  auto share = [&](char byte) {
    int count = 0;
    options.bytes = 1;
    for (options.seed = 0; options.seed < 3000; ++options.seed)
      count += text()[1] == byte;
    return count / 3000.0;
  };
  for (bool logits : {false, true}) {
    asLogits = logits;
    options.topK = 0;
    options.temperature = 1;
    EXPECT_NEAR(share('!'), 0.1, 0.02);
    EXPECT_NEAR(share('f'), 0.2, 0.025);
    options.temperature = 0.5; // squares: 0.49, 0.04, 0.01
    EXPECT_NEAR(share('f'), 0.04 / 0.54, 0.02);
    options.temperature = 1;
    options.topK = 2;
    EXPECT_EQ(share('!'), 0);
    EXPECT_NEAR(share('f'), 2.0 / 9, 0.025);
    options.topK = 1;
    EXPECT_EQ(share('e'), 1);
  }
}

TEST_F(GenerateTest, SaysWhatIsWrong) {
  options.prompt = "d\xc3";
  expectError(StatusCode::BadData,
              "byte 195 of the prompt is outside the 128 classes of 'text', which count from 0 to 127");
  options.prompt = "d";
  program.editManifest().data.fields.back().classes = 103;
  expectError(StatusCode::BadData, "the model predicts byte 103, which its field 'text' cannot take");
  EXPECT_EQ(out, "def");
  program.predictSpec().outputs[0].shape = {window, 300};
  expectError(StatusCode::Usage, "no prediction of this one has that form");
  program.predictSpec().inputs[0].dtype = program.editManifest().data.fields.back().dtype = DType::F32;
  expectError(StatusCode::Usage, "field 'text' of this one is no such window");
  program.predictSpec().inputs.push_back({"x", DType::F32, {3}, true});
  expectError(StatusCode::Usage, "this one predicts from 2 fields");
  std::atomic<int> stop{15};
  options.stop = &stop;
  program.editManifest().data.fields.back().dtype = DType::I32;
  program.predictSpec().inputs = {{"text", DType::I32, {window}, true}};
  program.predictSpec().outputs[0].shape = {window, values};
  expectError(StatusCode::Interrupted, "stopped after 0 bytes");
}
