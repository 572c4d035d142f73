// A program written by hand against the ABI: least squares with momentum.
//
//   y ~ w . (x - train_mean(x)) + b, loss = mean of squares, momentum 0.9, rate = lr * (1 - step /
//   total_steps)
//
// Each step also adds noise to b that depends on the random stream, and counts its rows in a layer state, so
// that everything a checkpoint must carry has an effect on the result.
#ifndef MLC_TEST_UNIT_RUNTIME_FAKEPROGRAM_H
#define MLC_TEST_UNIT_RUNTIME_FAKEPROGRAM_H

#include "runtime/program/Program.h"

#include <map>
#include <set>

namespace mlc::test {

class FakeProgram : public Program {
public:
  static constexpr int features = 3;
  static constexpr int64_t maxRows = 16;

  FakeProgram();
  const Manifest &manifest() const override { return manifest_; }
  Expected<const Function *> function(FunctionKind id, int64_t rows) override;

  Manifest &editManifest() { return manifest_; }
  /// The rows that step functions were asked for.
  std::set<int64_t> rowsAskedFor;

private:
  Manifest manifest_;
  std::map<std::pair<FunctionKind, int64_t>, Function> functions_;
};

/// `rows` lines of CSV with columns x0 x1 x2 y, y = 2 x0 - 3 x1 + 0.5 x2 + 1.
std::string linearCsv(int rows);

} // namespace mlc::test
#endif
