// Derivatives where finite differences cannot look: ties, kinks, zeros and NaN. The rules are PyTorch's.
#include "compiler/oracle/Oracle.h"
#include "test/unit/oracle/GradientCheck.h"
#include "test/unit/oracle/Row.h"

#include <gmock/gmock.h>

#include <cmath>

using namespace mlir;
using namespace mlc::compiler;
using namespace mlc::test;
using testing::ElementsAre;

/// d (sum of all float results) / d x at `x`, for a body over %x (tensor of the shape `shape`).
static std::vector<double> gradientOf(std::vector<int64_t> shape, const std::string &body,
                                      std::vector<double> x) {
  Row row;
  row.name = "corner";
  row.inputs.emplace_back();
  row.inputs[0].name = "x";
  row.inputs[0].shape = std::move(shape);
  row.body = body;
  OwningOpRef<ModuleOp> module = parseRow(row, "f64");
  if (!module)
    return {};
  func::FuncOp loss = addLoss(module->lookupSymbol<func::FuncOp>("row"));
  func::FuncOp gradient = addGradient(loss, {0});
  if (failed(runAutodiff(*module)))
    return {};
  std::vector<oracle::Tensor> arguments;
  for (Type type : loss.getArgumentTypes()) {
    arguments.emplace_back(cast<RankedTensorType>(type));
    arguments.back().setValues(Eigen::ArrayXd::Ones(arguments.back().size()));
  }
  for (size_t i = 0; i < x.size(); ++i)
    arguments[0].set(i, x[i]);
  auto values = oracle::run(gradient, arguments);
  if (!values) {
    ADD_FAILURE() << llvm::toString(values.takeError());
    return {};
  }
  Eigen::ArrayXd elements = (*values)[0].values();
  return {elements.data(), elements.data() + elements.size()};
}

// relu and clip of the prelude, which decide otherwise, are in test/prelude/corners.test.
TEST(Corners, EqualOperandsShareWhicheverComesFirst) {
  for (const char *operands : {"%x, %z", "%z, %x"}) {
    std::string zero = "%z = mlc.constant dense<0.0> : !x; ";
    EXPECT_THAT(gradientOf({3}, zero + "mlc.max " + operands + " : !x", {-1, 0, 1}), ElementsAre(0, 0.5, 1));
    EXPECT_THAT(gradientOf({3}, zero + "mlc.min " + operands + " : !x", {-1, 0, 1}), ElementsAre(1, 0.5, 0));
  }
  EXPECT_THAT(gradientOf({3}, "mlc.max %x, %x : !x", {-1, 0, 1}), ElementsAre(1, 1, 1));
  // The zeros of both signs are equal; the infinities are numbers like others.
  EXPECT_THAT(gradientOf({2}, "%k = mlc.constant dense<[-0.0, 0x7FF0000000000000]> : !x; mlc.max %x, %k : !x",
                         {0, INFINITY}),
              ElementsAre(0.5, 0.5));
}

TEST(Corners, ExtremaPassOnWhatANanSends) {
  EXPECT_THAT(
      gradientOf(
          {3},
          "%k = mlc.constant dense<[1.0, 0x7FF8000000000000, 0x7FF8000000000000]> : !x; mlc.max %x, %k : !x",
          {NAN, 1, NAN}),
      ElementsAre(1, 1, 1));
}

TEST(Corners, AbsAndSignAtZero) {
  EXPECT_THAT(gradientOf({3}, "mlc.abs %x : !x", {-2, 0, 2}), ElementsAre(-1, 0, 1));
  EXPECT_THAT(gradientOf({3}, "mlc.sign %x : !x", {-2, 0, 2}), ElementsAre(0, 0, 0));
  EXPECT_THAT(gradientOf({2}, "mlc.floor %x : !x", {1, 1.5}), ElementsAre(0, 0));
}

TEST(Corners, MaximumGoesToTheFirst) {
  EXPECT_THAT(gradientOf({4}, "mlc.reduce max %x axes = [0] : !x -> tensor<F>", {1, 3, 3, 2}),
              ElementsAre(0, 1, 0, 0));
  EXPECT_THAT(gradientOf({4}, "mlc.reduce min %x axes = [0] : !x -> tensor<F>", {2, 1, 1, 1}),
              ElementsAre(0, 1, 0, 0));
  // Row-major over the reduced axes, whichever they are.
  EXPECT_THAT(gradientOf({2, 2}, "mlc.reduce max %x axes = [0, 1] : !x -> tensor<F>", {1, 5, 5, 1}),
              ElementsAre(0, 1, 0, 0));
  EXPECT_THAT(gradientOf({2, 2}, "mlc.reduce max %x axes = [0] : !x -> tensor<2xF>", {5, 5, 5, 7}),
              ElementsAre(1, 0, 0, 1));
}

TEST(Corners, MaxPoolGoesToTheFirst) {
  std::string pool =
      "%v, %i = mlc.window_max %x window = [2, 2] strides = [2, 2] pads = [0, 0] [0, 0] : (!x) -> "
      "(tensor<1x1x1x1xF>, tensor<1x1x1x1xi32>)";
  EXPECT_THAT(gradientOf({1, 2, 2, 1}, pool, {7, 7, 7, 7}), ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(gradientOf({1, 2, 2, 1}, pool, {1, 2, 2, 0}), ElementsAre(0, 1, 0, 0));
}

TEST(Corners, OverlappingWindowsAdd) {
  EXPECT_THAT(gradientOf({1, 3, 1},
                         "%v, %i = mlc.window_max %x window = [2] strides = [1] pads = [0] [0] : (!x) -> "
                         "(tensor<1x2x1xF>, tensor<1x2x1xi32>)",
                         {1, 5, 2}),
              ElementsAre(0, 2, 0));
}

TEST(Corners, SelectKeepsTheBranchNotTakenOut) {
  // x <= 0 ? 0 : log(x): the infinity of 1/x at 0 is multiplied by nothing.
  std::vector<double> gradient =
      gradientOf({2},
                 "%z = mlc.constant dense<0.0> : !x; %c = mlc.compare le %x, %z : !x; %o = "
                 "mlc.constant dense<1.0> : !x; %s = mlc.select %c, %o, %x : !x; %l = mlc.log "
                 "%s : !x; mlc.select %c, %z, %l : !x",
                 {0, 2});
  EXPECT_THAT(gradient, ElementsAre(0, 0.5));
}

TEST(Corners, PowAtZero) {
  EXPECT_THAT(gradientOf({3}, "%k = mlc.constant dense<2.0> : !x; mlc.pow %x, %k : !x", {-3, 0, 3}),
              ElementsAre(-6, 0, 6));
  EXPECT_THAT(gradientOf({1}, "%k = mlc.constant dense<1.0> : !x; mlc.pow %x, %k : !x", {0}), ElementsAre(1));
  EXPECT_THAT(gradientOf({1}, "%k = mlc.constant dense<0.0> : !x; mlc.pow %x, %k : !x", {0}), ElementsAre(0));
  // By the exponent: the limit, from above.
  EXPECT_THAT(gradientOf({3}, "%z = mlc.constant dense<0.0> : !x; mlc.pow %z, %x : !x", {-1, 0, 2}),
              ElementsAre(-INFINITY, 0, 0));
}

TEST(Corners, IndicesOutsideBelongToTheNearestRow) {
  EXPECT_THAT(gradientOf({3},
                         "%i = mlc.constant dense<[-4, 1, 9, 2]> : tensor<4xi32>; mlc.gather %x, %i : (!x, "
                         "tensor<4xi32>) -> tensor<4xF>",
                         {1, 2, 3}),
              ElementsAre(1, 1, 2));
}

TEST(Corners, NothingPassesStopGradient) {
  EXPECT_THAT(gradientOf({2}, "%s = mlc.stop_gradient %x : !x; mlc.mul %s, %x : !x", {3, 4}),
              ElementsAre(3, 4));
}

TEST(Corners, NanStaysNan) {
  std::vector<double> gradient =
      gradientOf({2}, "%a = mlc.mul %x, %x : !x; mlc.sqrt %a : !x", {std::nan(""), 1});
  EXPECT_TRUE(std::isnan(gradient[0]));
  EXPECT_EQ(gradient[1], 1);
}

TEST(Corners, UnusedArgumentsGetZero) {
  EXPECT_THAT(gradientOf({2}, "mlc.constant dense<1.0> : !x", {3, 4}), ElementsAre(0, 0));
}
