#include "runtime/program/Manifest.h"
#include "Growth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

using namespace mlc;
using testing::HasSubstr;

namespace {

Manifest example() {
  Manifest m;
  m.program = "linear";
  m.modelHash = "00ff";
  m.state = {{"net.w", Role::Param, DType::F32, {3, 2}, 0, 24, true, 2},
             {"objective.net.w.m", Role::Slot, DType::F32, {3, 2}, 64, 24, false},
             {"train_mean.x", Role::Statistic, DType::F32, {3}, 128, 12, false}};
  m.stateBytes = 192;
  m.data.name = "points";
  m.data.train = ReaderSpec{"csv", {"points.csv"}, {{"separator", ";"}}};
  m.data.fields = {{"x", DType::F32, {3}, {"a", "b", "c"}, 0, true, 0},
                   {"y", DType::I32, {}, {}, 4, false, 4, Coding::Category}};
  m.data.statistics = {{"x", StatisticKind::Mean, "train_mean.x"}};
  m.imports = {{"old.safetensors", {{"net.w", "fc.weight", {}}}}};
  m.data.validationFraction = 0.1;
  m.figures.names = {"loss", "accuracy", "confusion.0.0", "confusion.0.1"};
  m.figures.tables = {{"confusion", 2, {1, 2}}};
  m.figures.rankings = {{3, 1}};
  m.figures.sums = 4;
  std::vector<Port> fields = {{"x", DType::F32, {3}, true}, {"y", DType::I32, {}, true}};
  std::vector<Port> sums = {{"sums", DType::F64, {4}, false}}, given = sums;
  given.push_back({"ranked", DType::F64, {6}, true});
  m.functions = {
      {FunctionKind::Init, {}, {}},
      {FunctionKind::TrainStep, fields, given},
      {FunctionKind::EvalStep, fields, given},
      {FunctionKind::Predict, {fields[0]}, {{"p", DType::F32, {4}, true}}},
      {FunctionKind::Figures, sums, {{"figures", DType::F64, {4}, false}}},
  };
  m.scalars = {
      {"optimizer.lr", ScalarExpr::literal(0.1)},
      {"", ScalarExpr::binary(ScalarOp::Mul, ScalarExpr::scalar(0), ScalarExpr::leaf(ScalarOp::Step))}};
  m.train.batch = 32;
  m.train.epochs = 5;
  m.train.seed = 18446744073709551615ull;
  m.train.bestFigure = "accuracy";
  m.train.bestIsMax = true;
  m.train.leastRows = 2;
  m.train.leastRowsReason = "batch_norm at net.mlc:8 needs at least 2 values of each channel";
  return m;
}

void expectRefused(const std::function<void(Manifest &)> &spoil, const std::string &why) {
  Manifest m = example();
  spoil(m);
  Status status = verifyManifest(m);
  EXPECT_EQ(status.code(), StatusCode::BadData) << why;
  EXPECT_THAT(status.message(), HasSubstr(why));
  EXPECT_FALSE(parseManifest(printManifest(m), "config.json")) << why;
}

} // namespace

TEST(Manifest, ReadsBackToTheSameText) {
  std::string text = printManifest(example());
  Expected<Manifest> back = parseManifest(text, "config.json");
  ASSERT_TRUE(back) << back.status().message();
  EXPECT_EQ(printManifest(*back), text);
  EXPECT_EQ(back->train.seed, 18446744073709551615ull);
  EXPECT_EQ(back->findState("objective.net.w.m")->offset, 64);
  EXPECT_EQ(back->findState("net.w")->panel, 2);
  EXPECT_EQ(back->train.leastRows, 2);
  EXPECT_EQ(back->figures.tables[0].shape, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(back->figures.rankedWidth(), 6);
  EXPECT_EQ(back->train.leastRowsReason, example().train.leastRowsReason);
  EXPECT_EQ(back->findFunction(FunctionKind::TrainStep)->outputs[1].name, "ranked");
  EXPECT_EQ(back->findField("x")->columns[1], "b");
  EXPECT_EQ(back->data.train->options.at("separator"), ";");
}

TEST(Manifest, VerifiesItsInvariants) {
  ASSERT_TRUE(verifyManifest(example()).isOk()) << verifyManifest(example()).message();
  expectRefused([](Manifest &m) { m.version = 2; }, "version 2");
  expectRefused([](Manifest &m) { m.state[1].name = "net.w"; }, "no name of its own");
  expectRefused([](Manifest &m) { m.state[1].offset = 0; }, "overlap");
  expectRefused([](Manifest &m) { m.train.leastRows = int64_t(1) << 40; }, "fewest rows");
  expectRefused([](Manifest &m) { m.state[1].offset = 65; }, "multiple of 64");
  expectRefused([](Manifest &m) { m.state[1].offset = int64_t(1) << 62; }, "lie in the state");
  expectRefused([](Manifest &m) { m.stateBytes = 130; }, "lie in the state");
  expectRefused([](Manifest &m) { m.state[0].bytes = 25; }, "agree with its shape");
  expectRefused([](Manifest &m) { m.state[0].panel = 3; }, "no matrix of panels of 3 columns");
  expectRefused([](Manifest &m) { m.state[0].panel = -1; }, "no matrix of panels of -1 columns");
  expectRefused([](Manifest &m) { m.state[2].panel = 1; }, "no matrix of panels");
  expectRefused([](Manifest &m) { m.state[0].shape = {int64_t(1) << 40, int64_t(1) << 40}; },
                "agree with its shape");
  expectRefused([](Manifest &m) { m.data.statistics[0].tensor = "net.w"; }, "another role");
  expectRefused([](Manifest &m) { m.imports[0].tensors[0].tensor = "net.v"; }, "no param or state");
  expectRefused([](Manifest &m) { m.imports[0].tensors[0].order = {7}; }, "none of its axes");
  expectRefused([](Manifest &m) { m.data.statistics[0].field = "z"; }, "names a field or tensor");
  expectRefused([](Manifest &m) { m.data.fields[0].columns.pop_back(); }, "number of columns");
  expectRefused([](Manifest &m) { m.data.fields[1].shape = {int64_t(1) << 62, 8}; }, "size that cannot be");
  expectRefused([](Manifest &m) { m.data.validationFraction = 1; }, "validation rows");
  expectRefused([](Manifest &m) { m.functions[1].inputs[0].name = "q"; }, "is not a field");
  expectRefused([](Manifest &m) { m.functions[1].outputs[0].shape = {3}; }, "does not give the sums");
  expectRefused([](Manifest &m) { m.functions[1].outputs.pop_back(); }, "scores to be ranked");
  expectRefused([](Manifest &m) { m.functions[1].outputs[1].shape = {5}; }, "scores to be ranked");
  expectRefused([](Manifest &m) { m.figures.rankings.clear(); }, "does not give the sums");
  expectRefused([](Manifest &m) { m.figures.rankings[0].sums = 3; }, "a ranking is out of range");
  expectRefused([](Manifest &m) { m.figures.rankings[0].perRow = int64_t(1) << 62; },
                "a ranking is out of range");
  expectRefused([](Manifest &m) { m.figures.tables[0].first = 3; }, "'confusion' is not among the figures");
  expectRefused([](Manifest &m) { m.figures.tables[0].shape = {int64_t(1) << 40, int64_t(1) << 40}; },
                "'confusion' is not among the figures");
  expectRefused([](Manifest &m) { m.figures.tables.push_back(m.figures.tables[0]); },
                "not among the figures");
  expectRefused([](Manifest &m) { m.functions[4].outputs[0].shape = {3}; }, "into the figures");
  expectRefused([](Manifest &m) { m.functions[4].kind = FunctionKind::Init; }, "appears twice");
  expectRefused([](Manifest &m) { m.scalars[1].value = ScalarExpr::scalar(1); }, "earlier scalar");
  expectRefused([](Manifest &m) { m.train.steps = 5; }, "exactly one");
  expectRefused([](Manifest &m) { m.train.batch = 0; }, "batch");
  expectRefused([](Manifest &m) { m.train.bestFigure = "f1"; }, "which is no figure");
}

TEST(Manifest, RefusesHostileText) {
  EXPECT_THAT(parseManifest("", "c").status().message(), HasSubstr("not valid JSON"));
  EXPECT_THAT(parseManifest("[]", "c").status().message(), HasSubstr("is not an object"));
  EXPECT_THAT(parseManifest("{}", "c").status().message(), HasSubstr("c.version is missing"));
  EXPECT_THAT(parseManifest(std::string(100000, '['), "c").status().message(), HasSubstr("nests too deep"));
  EXPECT_THAT(parseManifest("{\"version\": 1, \"version\": 1}", "c").status().message(),
              HasSubstr("appears twice"));
  std::string text = printManifest(example());
  for (size_t cut = 0; cut < text.size() - 1; cut += 7)
    EXPECT_FALSE(parseManifest(text.substr(0, cut), "c"));
  // Any single character replaced gives a value or an error, never anything else.
  for (size_t i = 0; i < text.size(); i += 3) {
    std::string spoilt = text;
    spoilt[i] = '"';
    (void)parseManifest(spoilt, "c");
    spoilt[i] = '-';
    (void)parseManifest(spoilt, "c");
    spoilt[i] = '9';
    (void)parseManifest(spoilt, "c");
  }
}

TEST(Manifest, FieldsOfTextReadBack) {
  Manifest m = example();
  FieldSpec when{"when", DType::F32, {2}, {"day"}, 0, true, 0, Coding::Date, {"year", "month"}};
  when.missing = {"-", ""};
  FieldSpec note{"note", DType::I32, {12}, {}, 500, false, 0, Coding::Vocabulary};
  m.data.fields.insert(m.data.fields.end(), {when, note});
  Expected<Manifest> back = parseManifest(printManifest(m), "config.json");
  ASSERT_TRUE(back) << back.status().message();
  const FieldSpec *day = back->findField("when"), *words = back->findField("note");
  ASSERT_TRUE(day && words);
  EXPECT_EQ(day->coding, Coding::Date);
  EXPECT_EQ(day->parts, when.parts);
  EXPECT_EQ(day->missing, when.missing);
  EXPECT_EQ(words->coding, Coding::Vocabulary);
  EXPECT_EQ(words->categories, 500);
  EXPECT_FALSE(words->missing);
  // A run of before codings were written down.
  std::string text = printManifest(example()), coding = "\"coding\": \"category\"";
  ASSERT_NE(text.find(coding), std::string::npos);
  text.replace(text.find(coding), coding.size(), "\"unused\": 0");
  back = parseManifest(text, "config.json");
  ASSERT_TRUE(back) << back.status().message();
  EXPECT_EQ(back->findField("y")->coding, Coding::Category);

  auto spoilt = [&](const FieldSpec &field, const std::string &why) {
    expectRefused([&](Manifest &m) { m.data.fields.push_back(field); }, why);
  };
  when.parts = {"year", "week"};
  spoilt(when, "unknown part 'week'");
  when.parts = {"year"};
  spoilt(when, "parts that do not make it");
  note.categories = 2;
  spoilt(note, "a number of codes that cannot be");
  note.coding = Coding::Number;
  spoilt(note, "a number of codes that cannot be");
}

TEST(Manifest, TimeIsProportionalToTensorsAndFields) {
  test::expectLinear(500, [](int64_t count) {
    Manifest m = example();
    m.imports.clear();
    ImportSpec import{"old.safetensors", {}};
    for (int64_t i = 0; i < count; ++i) {
      std::string name = "more." + std::to_string(i);
      m.state.push_back({name, Role::Param, DType::F32, {1}, m.stateBytes, 4, true});
      m.state.push_back({name + ".mean", Role::Statistic, DType::F32, {}, m.stateBytes + 64, 4, false});
      m.stateBytes += 128;
      FieldSpec field;
      field.name = name;
      m.data.fields.push_back(field);
      m.data.statistics.push_back({name, StatisticKind::Mean, name + ".mean"});
      m.functions[1].inputs.push_back({name, DType::F32, {}, true});
      import.tensors.push_back({name, name, {}});
    }
    m.imports.push_back(std::move(import));
    Expected<Manifest> back = parseManifest(printManifest(m), "config.json");
    ASSERT_TRUE(back) << back.status().message();
  });
}
