// Which metric lines batches can be averaged to. That a figure is then that of the split is in
// test/run/metrics.test.
#include "CheckedProgram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace mlc::frontend;
using testing::HasSubstr;

namespace {

std::string messagesOf(const std::string &line) {
  Checked checked("data points {\n  train csv(\"points.csv\")\n  x: f32[3] = \"a\", \"b\", \"c\"\n  y: f32\n"
                  "  c: category(3)\n}\n"
                  "model net(x: float[batch, 3]) -> float[batch] { x |> batch_norm |> dense(1) |> "
                  "rearrange(\"b 1 -> b\") }\n"
                  "model mixing(x: float[batch, 3]) -> (float[batch, 3], float) {\n"
                  "  let centred = x - mean(x, axis = 0)\n  let z = dense(centred, 3)\n  (z, mean(z^2))\n}\n"
                  "fn per_row[b](g: float[b], y: float[b]) -> float[b] = sqrt((g - y)^2 + 1)\n"
                  "train t on points {\n  let g = net(x)\n  let (z, aux) = mixing(x)\n"
                  "  loss mse(g, y)\n  loss second = mean(z^2)\n  " +
                  line + "\n  optimizer sgd()\n}\n");
  return checked.messages;
}

TEST(RowMeansTest, MeansOverRowsAreAccepted) {
  for (const char *line : {
           "metric m = mse(g, y)",
           "metric m = mean(mse(g, y))",
           "metric m = 1 - mean(mse(g, y)) / 2",
           "metric m = sum(mse(g, y)) / batch",
           "metric m = sum(mse(g, y) / batch)",
           "metric m = (1 / batch) * sum(mse(g, y)) + 3",
           "metric m = mean(mse(g, y)) - mean(mae(g, y))",
           "metric m = mse(g, y) - mean(mae(g, y))",
           "metric m = mean(mse(g, y) - mean(mae(g, y)))",
           "metric m = mean(per_row(g, y))",
           "metric m = per_row(g, y) weight y",
           "metric m = mean(mse(g, y)) weight 2",
           "metric m = mse(g, y) weight y > 0",
           "metric m = einsum(\"b, b -> \", g, y) / batch",
           "metric m = mean(x, axis = 0)",
           "metric m = mean(x)",
           "metric m = x",
           "metric m = mean(stack(g, y))",
           "metric m = concat(g, y)",
           "metric m = mean(where(y > 0, mse(g, y), 0))",
           "metric m = mean(where(pi > 3, mse(g, y), 0))",
           "metric m = mean(transpose(x)[1])",
           "metric m = mean(amax(x, axis = -1))",
           "metric m = mean(sqrt(sum(x^2, axis = 1)))",
           "metric m = float(argmax(z) == c)",
           "metric m = mean(accuracy(z, c))",
           "metric m = mean(cross_entropy(z, c))",
           "metric m = top_k(z, c, k = 2)",
           "metric m = contrastive(x, z)",
           "metric m = mean(contrastive(x, z))",
           "metric m = aux",
           "metric m = z",
           "metric m = 3 + mean(y)",
           "metric m = mean(train_mean(x)) + mean(g)",
           "metric m = float(i32(y))",
           "metric m = mean(cumsum(x, axis = 1))",
           "metric r2(g, y)",
           "metric rmse(g, y) weight y > 0",
           "metric perplexity(z, c)",
           "metric confusion(z, c)",
           "metric roc_auc(g, y > 0) weight c != 0",
           "metric x |> confusion(c)",
       })
    EXPECT_EQ(messagesOf(line), "") << line;
}

TEST(RowMeansTest, EverythingElseIsRefused) {
  for (const char *line : {
           "metric m = sqrt(mean(mse(g, y)))",
           "metric m = exp(mean(mse(g, y)))",
           "metric m = sum(mse(g, y))",
           "metric m = mse(g, y) * batch",
           "metric m = mean(mse(g, y)) / batch",
           "metric m = sum(mse(g, y)) / (batch - 1)",
           "metric m = sum(mse(g, y)) / sum(y)",
           "metric m = mse(g, y) / mean(y)",
           "metric m = (y - mean(y))^2",
           "metric m = mean(mse(g, y)) * mean(y)",
           "metric m = 1 / mean(mse(g, y))",
           "metric m = max(mean(mse(g, y)), 0)",
           "metric m = float(mean(g) > 0)",
           "metric m = where(mean(g) > 0, g, y)",
           "metric m = amax(g)",
           "metric m = amax(x, axis = 0)",
           "metric m = sqrt(mean(x^2, axis = 0))",
           "metric m = g[0]",
           "metric m = y[:batch - 1]",
           "metric m = mean(y[1:])",
           "metric m = einsum(\"b, b -> \", g[1:], y[1:]) / batch",
           "metric m = mean(pad(y, 1, 1, axis = 0))",
           "metric m = mean(mse(y[1:], y[:batch - 1]))",
           "metric m = mean(einsum(\"b i, c i -> b c\", x, z))",
           "metric m = einsum(\"b i, c i -> b c\", x, z)",
           "metric m = float(i32(mean(y)))",
           "metric m = mse(g, y) weight y / sum(y)",
           "metric m = mean(g) weight sum(y)",
           "metric m = sqrt(aux)",
           "metric m = cross_entropy(z - mean(z), c)",
       })
    EXPECT_THAT(messagesOf(line), HasSubstr("E0432")) << line;
}

} // namespace
