// The oracle by itself: values worked out by hand, above all where ops have corners (ties, NaN, padding,
// saturation, order).
#include "compiler/oracle/Oracle.h"
#include "compiler/oracle/Compare.h"
#include "compiler/oracle/NanReplay.h"
#include "dialects/mlc/Philox.h"
#include "test/unit/oracle/Row.h"

#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <gmock/gmock.h>

#include <cmath>

using namespace mlir;
using namespace mlc::compiler;
using namespace mlc::test;
using oracle::Tensor;
using testing::ElementsAre;

static const double nan_ = std::nan(""), inf = INFINITY;

static OwningOpRef<ModuleOp> parse(const std::string &text) {
  return parseSourceString<ModuleOp>(text, &context(), "test.mlir");
}

static func::FuncOp functionNamed(ModuleOp module, StringRef name) {
  return module.lookupSymbol<func::FuncOp>(name);
}

/// Arguments of @f from numbers in row-major order.
static std::vector<Tensor> argumentsOf(func::FuncOp f, std::vector<std::vector<double>> numbers) {
  std::vector<Tensor> arguments;
  for (auto [type, values] : llvm::zip(f.getArgumentTypes(), numbers)) {
    arguments.emplace_back(cast<RankedTensorType>(type));
    EXPECT_EQ(arguments.back().size(), int64_t(values.size()));
    for (size_t i = 0; i < values.size(); ++i)
      arguments.back().set(i, values[i]);
  }
  return arguments;
}

/// The elements of each result of a row's body over %x, %y, %z, whose types are given as `2x3xF`.
static std::vector<std::vector<double>> evaluate(std::vector<std::string> types, const std::string &body,
                                                 std::vector<std::vector<double>> numbers) {
  Row row;
  row.name = "evaluate";
  row.body = body;
  const char *names[] = {"x", "y", "z"};
  for (size_t i = 0; i < types.size(); ++i) {
    RowInput input;
    input.name = names[i];
    llvm::StringRef rest = types[i];
    while (!rest.empty() && llvm::isDigit(rest[0])) {
      auto [dim, after] = rest.split('x');
      input.shape.push_back(std::stoll(dim.str()));
      rest = after;
    }
    input.dtype = rest.str();
    row.inputs.push_back(input);
  }
  OwningOpRef<ModuleOp> module = parseRow(row, "f32");
  if (!module) {
    ADD_FAILURE() << "does not parse: " << body;
    return {{}, {}, {}};
  }
  func::FuncOp f = functionNamed(*module, "row");
  auto results = oracle::run(f, argumentsOf(f, std::move(numbers)));
  if (!results) {
    ADD_FAILURE() << llvm::toString(results.takeError());
    return {{}, {}, {}};
  }
  std::vector<std::vector<double>> values;
  for (const Tensor &tensor : *results) {
    Eigen::ArrayXd elements = tensor.values();
    values.emplace_back(elements.data(), elements.data() + elements.size());
  }
  return values;
}

TEST(Tensor, RoundsOnceAndWraps) {
  Tensor f(RankedTensorType::get({2}, Float32Type::get(&context())));
  f.set(0, 0.1);
  EXPECT_EQ(f.at(0), double(0.1f));
  Tensor u(RankedTensorType::get({3}, IntegerType::get(&context(), 8)));
  u.set(0, 200.9);
  u.set(1, 257);
  u.set(2, nan_);
  EXPECT_THAT(std::vector<double>({u.at(0), u.at(1), u.at(2)}), ElementsAre(200, 1, 0));
}

TEST(Tensor, CopiesShareUntilWritten) {
  Tensor a(RankedTensorType::get({2}, Float64Type::get(&context()))), b = a;
  EXPECT_EQ(a.data(), b.data());
  b.set(0, 1);
  EXPECT_EQ(a.at(0), 0);
  EXPECT_EQ(b.at(0), 1);
}

TEST(Oracle, RoundsToF32AfterEachOp) {
  auto r = evaluate({"1xF"}, "%a = mlc.exp %x : !x; mlc.mul %a, %a : !x", {{1}});
  float e = float(std::exp(1.0));
  EXPECT_EQ(r[0][0], double(float(double(e) * double(e))));
}

TEST(Oracle, NanIsNeverSwallowed) {
  EXPECT_TRUE(std::isnan(evaluate({"1xF", "1xF"}, "mlc.max %x, %y : !x", {{nan_}, {1}})[0][0]));
  EXPECT_TRUE(std::isnan(evaluate({"1xF", "1xF"}, "mlc.max %x, %y : !x", {{1}, {nan_}})[0][0]));
  EXPECT_TRUE(std::isnan(evaluate({"1xF", "1xF"}, "mlc.min %x, %y : !x", {{nan_}, {1}})[0][0]));
  EXPECT_TRUE(std::isnan(evaluate({"1xF", "1xF"}, "mlc.min %x, %y : !x", {{1}, {nan_}})[0][0]));
  EXPECT_TRUE(
      std::isnan(evaluate({"3xF"}, "mlc.reduce max %x axes = [0] : !x -> tensor<F>", {{1, nan_, 3}})[0][0]));
  EXPECT_TRUE(
      std::isnan(evaluate({"3xF"}, "mlc.reduce min %x axes = [0] : !x -> tensor<F>", {{nan_, 2, 3}})[0][0]));
  EXPECT_TRUE(std::isnan(evaluate({"1x2x1xF"},
                                  "mlc.window_max %x window = [2] strides = [1] pads = [0] [0] : (!x) -> "
                                  "(tensor<1x1x1xF>, tensor<1x1x1xi32>)",
                                  {{5, nan_}})[0][0]));
}

TEST(Oracle, ComparisonsWithNan) {
  for (const char *predicate : {"eq", "lt", "le", "gt", "ge"})
    EXPECT_EQ(evaluate({"1xF", "1xF"}, std::string("mlc.compare ") + predicate + " %x, %y : !x",
                       {{nan_}, {1}})[0][0],
              0);
  EXPECT_EQ(evaluate({"1xF", "1xF"}, "mlc.compare ne %x, %y : !x", {{nan_}, {1}})[0][0], 1);
}

TEST(Oracle, ConvertSaturates) {
  EXPECT_THAT(
      evaluate({"6xF"}, "mlc.convert %x : !x -> tensor<6xi32>", {{-1.9, 1.9, 1e20, -1e20, nan_, inf}})[0],
      ElementsAre(-1, 1, 2147483647, -2147483648.0, 0, 2147483647));
  EXPECT_THAT(evaluate({"4xF"}, "mlc.convert %x : !x -> tensor<4xi8>", {{-1, 255.9, 300, nan_}})[0],
              ElementsAre(0, 255, 255, 0));
  EXPECT_THAT(evaluate({"2xi8"}, "mlc.convert %x : !x -> tensor<2xF>", {{200, 7}})[0], ElementsAre(200, 7));
  EXPECT_THAT(evaluate({"2xi8", "2xi8"}, "mlc.compare gt %x, %y : !x", {{200, 1}, {100, 200}})[0],
              ElementsAre(1, 0));
}

TEST(Oracle, ArgmaxIsTheFirst) {
  EXPECT_THAT(evaluate({"2x3xF"}, "mlc.argmax %x axis = 1 : !x -> tensor<2xi32>", {{1, 3, 3, 2, 2, 2}})[0],
              ElementsAre(1, 0));
  EXPECT_THAT(evaluate({"2x2xF"}, "mlc.argmax %x axis = 0 : !x -> tensor<2xi32>", {{1, 5, 2, 4}})[0],
              ElementsAre(1, 0));
  EXPECT_THAT(evaluate({"4xF"}, "mlc.argmax %x axis = 0 : !x -> tensor<i32>", {{1, nan_, 9, nan_}})[0],
              ElementsAre(1));
}

TEST(Oracle, Movement) {
  EXPECT_THAT(evaluate({"2x3xF"}, "mlc.transpose %x [1, 0] : !x -> tensor<3x2xF>", {{1, 2, 3, 4, 5, 6}})[0],
              ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_THAT(evaluate({"2x2xF"}, "mlc.reverse %x axes = [1] : !x -> !x", {{1, 2, 3, 4}})[0],
              ElementsAre(2, 1, 4, 3));
  EXPECT_THAT(
      evaluate({"5xF"}, "mlc.slice %x starts = [1] strides = [2] : !x -> tensor<2xF>", {{1, 2, 3, 4, 5}})[0],
      ElementsAre(2, 4));
  EXPECT_THAT(
      evaluate({"2xF"}, "mlc.pad %x low = [1] high = [2] interior = [1] : !x -> tensor<6xF>", {{7, 8}})[0],
      ElementsAre(0, 7, 0, 8, 0, 0));
  EXPECT_THAT(evaluate({"2xF"}, "mlc.broadcast %x axes = [0] : !x -> tensor<2x2xF>", {{1, 2}})[0],
              ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(evaluate({"2x1xF", "2x2xF"}, "mlc.concat %x, %y axis = 1 : (!x, !y) -> tensor<2x3xF>",
                       {{1, 2}, {3, 4, 5, 6}})[0],
              ElementsAre(1, 3, 4, 2, 5, 6));
  EXPECT_THAT(evaluate({}, "mlc.iota 1 : tensor<2x3xi32>", {})[0], ElementsAre(0, 1, 2, 0, 1, 2));
  EXPECT_THAT(evaluate({}, "mlc.constant dense<[true, false]> : tensor<2xi1>", {})[0], ElementsAre(1, 0));
}

TEST(Oracle, TablesClamp) {
  EXPECT_THAT(evaluate({"3xF", "4xi32"}, "mlc.gather %x, %y : (!x, !y) -> tensor<4xF>",
                       {{5, 6, 7}, {-2, 1, 2, 9}})[0],
              ElementsAre(5, 6, 7, 7));
  EXPECT_THAT(evaluate({"4xF", "4xi32"}, "mlc.scatter_add %x, %y : (!x, !y) -> tensor<3xF>",
                       {{1, 2, 4, 8}, {-2, 1, 2, 9}})[0],
              ElementsAre(1, 2, 12));
}

TEST(Oracle, Contract) {
  EXPECT_THAT(evaluate({"2x2xF", "2x2xF"}, "mlc.contract \"mk,kn->mn\" %x, %y : (!x, !y) -> tensor<2x2xF>",
                       {{1, 2, 3, 4}, {5, 6, 7, 8}})[0],
              ElementsAre(19, 22, 43, 50));
  EXPECT_THAT(evaluate({"2x2xF", "2x2xF"}, "mlc.contract \"km,kn->nm\" %x, %y : (!x, !y) -> tensor<2x2xF>",
                       {{1, 2, 3, 4}, {5, 6, 7, 8}})[0],
              ElementsAre(26, 38, 30, 44));
  EXPECT_THAT(evaluate({"2x2xF", "2x2xF"}, "mlc.contract \"ij,ij->i\" %x, %y : (!x, !y) -> tensor<2xF>",
                       {{1, 2, 3, 4}, {5, 6, 7, 8}})[0],
              ElementsAre(17, 53));
}

// x * w by the definition, element by element, for a geometry with every number different.
TEST(Oracle, ConvIsItsDefinition) {
  const int N = 2, H = 6, W = 7, CI = 2, CO = 3, G = 2, KH = 3, KW = 2, SH = 2, SW = 3, PH = 1, PW = 2,
            DH = 1, DW = 2;
  const int OH = 3, OW = 3; // high pads 0 and 1
  std::mt19937_64 random(3);
  auto numbers = [&](int count) {
    std::vector<double> values(count);
    for (double &v : values)
      v = double(int64_t(random() % 9) - 4);
    return values;
  };
  std::vector<double> x = numbers(N * H * W * CI * G), w = numbers(KH * KW * CI * CO * G),
                      expected(N * OH * OW * CO * G);
  for (int n = 0; n < N; ++n)
    for (int oh = 0; oh < OH; ++oh)
      for (int ow = 0; ow < OW; ++ow)
        for (int g = 0; g < G; ++g)
          for (int f = 0; f < CO; ++f)
            for (int kh = 0; kh < KH; ++kh)
              for (int kw = 0; kw < KW; ++kw)
                for (int c = 0; c < CI; ++c) {
                  int h = oh * SH + kh * DH - PH, v = ow * SW + kw * DW - PW;
                  if (h < 0 || h >= H || v < 0 || v >= W)
                    continue;
                  expected[((n * OH + oh) * OW + ow) * CO * G + g * CO + f] +=
                      x[((n * H + h) * W + v) * CI * G + g * CI + c] *
                      w[((kh * KW + kw) * CI + c) * CO * G + g * CO + f];
                }
  EXPECT_EQ(
      evaluate(
          {"2x6x7x4xF", "3x2x2x6xF"},
          "mlc.conv %x, %y strides = [2, 3] pads = [1, 2] [0, 1] dilations = [1, 2] groups = 2 : (!x, !y) -> "
          "tensor<2x3x3x6xF>",
          {x, w})[0],
      expected);
}

// <conv(x, w), y> = <x, conv_input(y, w)> = <w, conv_filter(x, y)>, exactly on small integers.
TEST(Oracle, ConvFacesAgree) {
  std::string geometry = " strides = [2, 3] pads = [1, 2] [0, 1] dilations = [1, 2] groups = 2 ";
  Row row;
  row.name = "faces";
  row.inputs = {{"x", {2, 6, 7, 4}, "F"}, {"w", {3, 2, 2, 6}, "F"}, {"y", {2, 3, 3, 6}, "F"}};
  row.body = "mlc.conv %x, %w" + geometry + ": (!x, !w) -> !y; mlc.conv_input %y, %w" + geometry +
             ": (!y, !w) -> !x; mlc.conv_filter %x, %y" + geometry +
             ": (!x, !y) -> !w; mlc.conv_filter %x, %y" + geometry +
             "{partials = 2 : i64} : (!x, !y) -> tensor<2x3x2x2x6xF>";
  OwningOpRef<ModuleOp> module = parseRow(row, "f64");
  ASSERT_TRUE(module);
  func::FuncOp f = functionNamed(*module, "row");
  std::vector<Tensor> in;
  std::mt19937_64 random(5);
  for (Type type : f.getArgumentTypes()) {
    in.emplace_back(cast<RankedTensorType>(type));
    for (int64_t i = 0; i < in.back().size(); ++i)
      in.back().set(i, double(int64_t(random() % 9) - 4));
  }
  auto out = oracle::run(f, in);
  ASSERT_TRUE(bool(out)) << llvm::toString(out.takeError());
  double form = ((*out)[0].values() * in[2].values()).sum();
  EXPECT_NE(form, 0);
  EXPECT_EQ(form, ((*out)[1].values() * in[0].values()).sum());
  EXPECT_EQ(form, ((*out)[2].values() * in[1].values()).sum());
  Eigen::ArrayXd parts = (*out)[3].values();
  Eigen::ArrayXd whole = parts.head(72) + parts.tail(72);
  EXPECT_TRUE((whole == (*out)[2].values()).all());
}

TEST(Oracle, WindowsAndTies) {
  // [4, 4, 1] with a tie in the first window and negatives beside padding.
  std::vector<double> x = {1, 1, 0, 5, 0, 1, 2, 5, -1, -2, -3, -4, -5, -6, -7, -8};
  auto r = evaluate({"1x4x4x1xF"},
                    "mlc.window_max %x window = [2, 2] strides = [2, 2] pads = [0, 0] [0, 0] : (!x) -> "
                    "(tensor<1x2x2x1xF>, tensor<1x2x2x1xi32>)",
                    {x});
  EXPECT_THAT(r[0], ElementsAre(1, 5, -1, -3));
  EXPECT_THAT(r[1], ElementsAre(0, 1, 0, 0));
  r = evaluate(
      {"1x2x1xF"},
      "%v, %i = mlc.window_max %x window = [2] strides = [1] pads = [1] [1] : (!x) -> (tensor<1x3x1xF>, "
      "tensor<1x3x1xi32>); %s = mlc.window_scatter %v, %i window = [2] strides = [1] pads = [1] [1] : "
      "(tensor<1x3x1xF>, tensor<1x3x1xi32>) -> !x; %g = mlc.window_gather %x, %i window = [2] strides = [1] "
      "pads = [1] [1] : (!x, tensor<1x3x1xi32>) -> tensor<1x3x1xF>; mlc.window_sum %x window = [2] strides = "
      "[1] pads = [1] [1] : (!x) -> tensor<1x3x1xF>; mlc.window_spread %v window = [2] strides = [1] pads = "
      "[1] [1] : (tensor<1x3x1xF>) -> !x",
      {{-3, -2}});
  EXPECT_THAT(r[0], ElementsAre(-3, -4));
  EXPECT_THAT(r[1], ElementsAre(-3, -2, -2));
  EXPECT_THAT(r[2], ElementsAre(-3, -5, -2));
  EXPECT_THAT(r[3], ElementsAre(-5, -4));
}

TEST(Oracle, RandomIsPhilox) {
  auto r = evaluate({"3xi64"}, "mlc.random uniform %x site = -7 batched = true : !x -> tensor<2x5xF>",
                    {{11, 3, 40}});
  for (uint64_t i = 0; i < 10; ++i)
    EXPECT_EQ(r[0][i], mlc::philox::uniformAt({11, 3, uint64_t(-7), 40 + i / 5, i % 5}));
  // Rows drawn one batch at a time are the rows drawn at once; an op that is not batched does not move with
  // the row.
  auto later = evaluate({"3xi64"}, "mlc.random uniform %x site = -7 batched = true : !x -> tensor<1x5xF>",
                        {{11, 3, 41}});
  EXPECT_EQ(std::vector<double>(r[0].begin() + 5, r[0].end()), later[0]);
  auto fixed = "mlc.random normal %x site = 1 : !x -> tensor<2x5xF>";
  EXPECT_EQ(evaluate({"3xi64"}, fixed, {{11, 3, 40}}), evaluate({"3xi64"}, fixed, {{11, 3, 41}}));
}

TEST(Oracle, ScanBothWays) {
  // h <- 2 h + x, output h + k.
  std::string body =
      "{\n^bb0(%h: tensor<F>, %s: tensor<F>, %k: tensor<F>): %t = mlc.add %h, %h : tensor<F>; %n = mlc.add "
      "%t, "
      "%s : tensor<F>; %o = mlc.add %h, %k : tensor<F>; mlc.yield %n, %o : tensor<F>, tensor<F> }";
  auto text = [&](bool reverse) {
    return "\"mlc.scan\"(%x, %y, %z) <{num_carries = 1 : i64, num_slices = 1 : i64, reverse = " +
           std::string(reverse ? "true" : "false") + "}> (" + body +
           ") : (!x, !y, !z) -> (tensor<4xF>, tensor<3xF>)";
  };
  auto forward = evaluate({"F", "3xF", "F"}, text(false), {{1}, {10, 20, 30}, {0.5}});
  EXPECT_THAT(forward[0], ElementsAre(1, 12, 44, 118));
  EXPECT_THAT(forward[1], ElementsAre(1.5, 12.5, 44.5));
  auto backward = evaluate({"F", "3xF", "F"}, text(true), {{1}, {10, 20, 30}, {0.5}});
  EXPECT_THAT(backward[0], ElementsAre(178, 84, 32, 1));
  EXPECT_THAT(backward[1], ElementsAre(84.5, 32.5, 1.5));
}

TEST(Oracle, CallsAndErrors) {
  OwningOpRef<ModuleOp> module = parse(R"(
    func.func private @twice(%x: tensor<2xf32>) -> tensor<2xf32> {
      %y = mlc.add %x, %x : tensor<2xf32>
      return %y : tensor<2xf32>
    }
    func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
      %y = func.call @twice(%x) : (tensor<2xf32>) -> tensor<2xf32>
      %z = mlc.call @twice(%y) : (tensor<2xf32>) -> tensor<2xf32>
      return %z : tensor<2xf32>
    }
    func.func private @outside(tensor<2xf32>) -> tensor<2xf32>
    func.func @g(%x: tensor<2xf32>) -> tensor<2xf32> {
      %y = func.call @outside(%x) : (tensor<2xf32>) -> tensor<2xf32>
      return %y : tensor<2xf32>
    }
    func.func @loop(%x: tensor<2xf32>) -> tensor<2xf32> {
      %y = func.call @loop(%x) : (tensor<2xf32>) -> tensor<2xf32>
      return %y : tensor<2xf32>
    })");
  ASSERT_TRUE(module);
  func::FuncOp f = functionNamed(*module, "f");
  auto in = argumentsOf(f, {{1, 2}});
  auto out = oracle::run(f, in);
  ASSERT_TRUE(bool(out));
  EXPECT_EQ((*out)[0].at(1), 8);
  auto fails = [&](StringRef name, std::vector<Tensor> arguments, const char *text) {
    auto result = oracle::run(functionNamed(*module, name), arguments);
    ASSERT_FALSE(bool(result));
    EXPECT_THAT(llvm::toString(result.takeError()), testing::HasSubstr(text));
  };
  fails("f", {}, "wrong number of arguments");
  fails("f", {Tensor(RankedTensorType::get({3}, Float32Type::get(&context())))}, "another type");
  fails("g", in, "function of one block was expected");
  fails("loop", in, "nested more than 64 deep");
}

TEST(NanReplay, NamesTheFirstOp) {
  OwningOpRef<ModuleOp> module = parse(R"(
    func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
      %e = mlc.exp %x : tensor<2xf32>
      %l = mlc.log %x : tensor<2xf32>
      %s = mlc.add %e, %l : tensor<2xf32>
      return %s : tensor<2xf32>
    })");
  func::FuncOp f = functionNamed(*module, "f");
  auto found = oracle::findFirstNan(f, argumentsOf(f, {{1, -2}}));
  ASSERT_TRUE(bool(found)) << llvm::toString(found.takeError());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->op, "mlc.log");
  EXPECT_EQ((*found)->element, 1);
  EXPECT_EQ((*found)->operands, "-2");
  EXPECT_EQ(cast<FileLineColLoc>((*found)->location).getLine(), 4u);
  auto none = oracle::findFirstNan(f, argumentsOf(f, {{1, 2}}));
  ASSERT_TRUE(bool(none));
  EXPECT_FALSE(none->has_value());
}

TEST(NanReplay, FollowsAResultBack) {
  OwningOpRef<ModuleOp> module = parse(R"(
    func.func @f(%x: tensor<2xf64>, %y: tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64> {mlc.role = #mlc.role<sums>}) {
      %l = mlc.log %x : tensor<2xf64>
      %n = mlc.compare ne %x, %x : tensor<2xf64>
      %s = mlc.select %n, %y, %l : tensor<2xf64>
      %e = mlc.exp %s : tensor<2xf64>
      return %l, %e : tensor<2xf64>, tensor<2xf64>
    })");
  func::FuncOp f = functionNamed(*module, "f");
  const double nan = std::nan("");
  auto origin = [&](std::vector<double> x, std::vector<double> y) {
    auto found = oracle::findNanOrigin(f, argumentsOf(f, {std::move(x), std::move(y)}));
    EXPECT_TRUE(bool(found));
    return found ? *found : std::nullopt;
  };
  EXPECT_FALSE(origin({1, 2}, {nan, nan})); // of a side that is not taken
  auto made = origin({1, -2}, {0, 0});
  ASSERT_TRUE(made && made->made);
  EXPECT_EQ(made->made->op, "mlc.log");
  EXPECT_EQ(made->made->element, 1);
  // Both are NaN at the same element, and one of them stands in for the other.
  auto from = origin({1, nan}, {0, nan});
  ASSERT_TRUE(from && !from->made);
  EXPECT_EQ(from->argument, 1u);
  ASSERT_EQ(from->way.size(), 2u);
  EXPECT_EQ(cast<FileLineColLoc>(from->way.front()).getLine(), 5u);
  // What the sums do not depend on counts only without them.
  auto beside = origin({nan, 1}, {0, 0});
  ASSERT_TRUE(beside && !beside->made);
  EXPECT_EQ(beside->argument, 0u);
}

TEST(NanReplay, NamesTheFirstInfinity) {
  OwningOpRef<ModuleOp> module = parse(R"(
   func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
     %s = mlc.mul %x, %x : tensor<2xf32>
     %e = mlc.exp %s : tensor<2xf32>
     return %e : tensor<2xf32>
   })");
  func::FuncOp f = functionNamed(*module, "f");
  auto nan = oracle::findFirstNan(f, argumentsOf(f, {{2, 30}}));
  ASSERT_TRUE(bool(nan));
  EXPECT_FALSE(nan->has_value());
  auto found = oracle::findFirstInfinity(f, argumentsOf(f, {{2, 30}}));
  ASSERT_TRUE(bool(found)) << llvm::toString(found.takeError());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->op, "mlc.exp");
  EXPECT_EQ((*found)->element, 1);
  EXPECT_EQ((*found)->operands, "900");
}

TEST(Compare, BoundsAndCorners) {
  auto tensor = [](std::vector<double> values, Type element) {
    Tensor result(RankedTensorType::get({int64_t(values.size())}, element));
    for (size_t i = 0; i < values.size(); ++i)
      result.set(i, values[i]);
    return result;
  };
  Type f32 = Float32Type::get(&context()), i32 = IntegerType::get(&context(), 32);
  using oracle::compare;
  EXPECT_FALSE(compare(tensor({1, nan_, inf}, f32), tensor({1 + 1e-6, nan_, inf}, f32)));
  EXPECT_TRUE(compare(tensor({1, nan_}, f32), tensor({1, 0}, f32)));
  EXPECT_TRUE(compare(tensor({1, 0}, f32), tensor({1, nan_}, f32)));
  EXPECT_TRUE(compare(tensor({1, inf}, f32), tensor({1, 1e30}, f32)));
  EXPECT_TRUE(compare(tensor({1, inf}, f32), tensor({1, -inf}, f32)));
  EXPECT_TRUE(compare(tensor({3}, i32), tensor({4}, i32)));
  EXPECT_TRUE(compare(tensor({3}, i32), tensor({3}, f32)));
  auto mismatch = compare(tensor({1, 2, 3}, f32), tensor({1.1, 2.5, 3}, f32));
  ASSERT_TRUE(mismatch);
  EXPECT_EQ(mismatch->element, 1);
  EXPECT_EQ(mismatch->failed, 2);
}
