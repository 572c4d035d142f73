// Only what reached a result counts: a NaN that was replaced on the way (`where(is_nan(x), 0, x)`) is no
// fault. So it is followed from a result back through what made it, and where it came in with a field, the
// field's NaN are replaced and the step is run again, until every field that is at fault was found.
#include "compiler/model/ExplainDivergence.h"

#include "compiler/model/Interpret.h"
#include "compiler/oracle/NanReplay.h"
#include "dialects/mlc/Roles.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace mlir;

namespace mlc::compiler {
namespace {

/// What one replayed step says; nothing where it must be an earlier one.
struct Finding {
  std::string text;
  bool isData = false; ///< missing values: no other learning rate would help
};

/// Explains one step.
class StepExplainer {
public:
  StepExplainer(func::FuncOp step, std::vector<oracle::Tensor> arguments, const ReplayedStep &replayed,
                const Manifest &manifest, const frontend::SourceManager &sources,
                const PlaceOfRow &placeOfRow)
      : step(step), arguments(std::move(arguments)), replayed(replayed), manifest(manifest), sources(sources),
        placeOfRow(placeOfRow) {}

  /// Whether what the step learns was NaN or infinite before it.
  bool beginsBad() {
    for (auto [i, tensor] : llvm::enumerate(arguments)) {
      auto name = ir::stateOfArgument(step, i);
      const StateTensor *state = name ? manifest.findState(name.getValue()) : nullptr;
      if (state && state->role != Role::Statistic && tensor.size() && !tensor.values().allFinite())
        return true;
    }
    return false;
  }

  Expected<std::optional<Finding>> explain() {
    Finding finding;
    while (true) {
      llvm::Expected<std::optional<oracle::NanOrigin>> origin = oracle::findNanOrigin(step, arguments);
      if (!origin)
        return Status::failed(llvm::toString(origin.takeError()));
      if (!finding.text.empty() && (!*origin || (*origin)->made || !fieldOf((*origin)->argument)))
        return std::optional(finding);
      if (!*origin)
        return explainInfinity();
      if ((*origin)->made)
        return std::optional(Finding{opText("NaN", *(*origin)->made), false});
      const unsigned argument = (*origin)->argument;
      if (const FieldSpec *field = fieldOf(argument)) {
        finding.isData = true;
        finding.text += missingText(*field, argument, (*origin)->way);
        fill(argument);
        continue;
      }
      return explainState(argument, (*origin)->way.front());
    }
  }

private:
  func::FuncOp step;
  std::vector<oracle::Tensor> arguments;
  const ReplayedStep &replayed;
  const Manifest &manifest;
  const frontend::SourceManager &sources;
  const PlaceOfRow &placeOfRow;

  const FieldSpec *fieldOf(unsigned argument) {
    auto name = ir::fieldOfArgument(step, argument);
    auto field = llvm::find_if(manifest.data.fields,
                               [&](const FieldSpec &each) { return name && name.getValue() == each.name; });
    return field == manifest.data.fields.end() ? nullptr : &*field;
  }

  void fill(unsigned argument) {
    oracle::Tensor &tensor = arguments[argument];
    for (int64_t i = 0; i < tensor.size(); ++i)
      if (std::isnan(tensor.at(i)))
        tensor.set(i, 0);
  }

  /// " at churn.mlc:4:9 (called at churn.mlc:20:3)", or nothing for what is not in the user's text.
  std::string at(Location location) const {
    std::vector<std::string> places = placesOf(location, sources);
    if (places.empty())
      return "";
    return " at " + places.front() + (places.size() > 1 ? " (called at " + places.back() + ")" : "");
  }

  /// Where a field is read, and, as equal expressions are computed once, where the way goes on below that
  /// line.
  std::string readAt(ArrayRef<Location> way) const {
    if (way.empty())
      return ""; // it is a result itself
    auto lineOf = [&](Location location) {
      std::vector<std::string> places = placesOf(location, sources);
      if (places.empty())
        return std::pair(std::string(), int64_t(0));
      auto [fileAndLine, column] = StringRef(places.back()).rsplit(':');
      auto [file, line] = fileAndLine.rsplit(':');
      int64_t number = 0;
      line.getAsInteger(10, number);
      return std::pair(file.str(), number);
    };
    const auto first = lineOf(way.front());
    const auto *next = llvm::find_if(way, [&](Location each) {
      auto line = lineOf(each);
      return line.first == first.first && line.second > first.second;
    });
    return at(way.front()) + (next == way.end() ? "" : " and goes on at " + placesOf(*next, sources).back());
  }

  std::string opText(const char *what, const oracle::FirstNan &first) const {
    return std::string("\nthe first ") + what + " came from " + first.op + at(first.location) +
           ", which read " + first.operands;
  }

  /// Which rows of the batch lack the field, where it is read, and what to write.
  std::string missingText(const FieldSpec &field, unsigned argument, ArrayRef<Location> way) const {
    const oracle::Tensor &tensor = arguments[argument];
    const int64_t width = tensor.size() / std::max<int64_t>(replayed.rows, 1);
    int64_t missing = 0, first = -1;
    for (int64_t row = 0; row < replayed.rows; ++row) {
      auto isMissing = [&](int64_t i) { return std::isnan(tensor.at(row * width + i)); };
      if (!llvm::any_of(llvm::seq<int64_t>(0, width), isMissing))
        continue;
      ++missing;
      if (first < 0 || replayed.rowNumbers[row] < first)
        first = replayed.rowNumbers[row];
    }
    const std::string &name = field.name;
    std::string text =
        "\nthe field '" + name + "' is missing (NaN) in " + std::to_string(missing) + " of the " +
        std::to_string(replayed.rows) + " rows of this batch (" + placeOfRow(first) +
        (missing > 1 ? " is one of them" : "") + ") and reaches the loss: it is read" + readAt(way) +
        "; for an input, put a number in its place: `where(is_nan(" + name + "), 0, " + name + ")`";
    return text + (field.shape.empty()
                       ? ", for a target leave the row out: `loss ... weight not is_nan(" + name + ")`"
                       : "");
  }

  /// Infinite, and not by a NaN.
  Expected<std::optional<Finding>> explainInfinity() {
    llvm::Expected<std::optional<oracle::FirstNan>> first = oracle::findFirstInfinity(step, arguments);
    if (!first)
      return Status::failed(llvm::toString(first.takeError()));
    if (!*first)
      return std::optional<Finding>();
    return std::optional(Finding{opText("infinity", **first), false});
  }

  /// NaN before the step began.
  Expected<std::optional<Finding>> explainState(unsigned argument, Location location) {
    auto name = ir::stateOfArgument(step, argument);
    if (!name)
      return std::optional(Finding{"\na number of the optimizer is NaN" + at(location), false});
    for (const StatisticSpec &statistic : manifest.data.statistics)
      if (name.getValue() == statistic.tensor)
        return std::optional(Finding{"\n`train_" + std::string(nameOf(statistic.kind)) + "(" +
                                         statistic.field + ")` is NaN" + at(location) + ": '" +
                                         statistic.field +
                                         "' is missing in every training row; leave the field out",
                                     true});
    return std::optional<Finding>();
  }
};

} // namespace

Status explainDivergence(Trainer &trainer, const Session &session, const Divergence &divergence,
                         const Status &diverged, const frontend::core::Program &program,
                         const frontend::SourceManager &sources, const PlaceOfRow &placeOfRow) {
  auto failed = [&](const Status &why) {
    return Status::diverged(diverged.message() + "; replaying the step failed: " + why.message());
  };
  auto said = [&](const Finding &finding) {
    return Status::diverged((finding.isData ? divergence.text() : diverged.message()) + finding.text);
  };
  std::optional<Finding> later;
  for (uint64_t update = divergence.update;; --update) {
    Expected<ReplayedStep> replayed = trainer.replay(update);
    if (!replayed && update != divergence.update)
      break; // there is no checkpoint from before that
    if (!replayed)
      return failed(replayed.status());
    auto interpreted = InterpretedStep::create(program, sources, replayed->rows);
    if (!interpreted)
      return failed(interpreted.status());
    auto arguments = (*interpreted)->arguments(session, *replayed);
    if (!arguments)
      return failed(arguments.status());
    StepExplainer explainer((*interpreted)->function(), std::move(*arguments), *replayed, session.manifest(),
                            sources, placeOfRow);
    const bool beginsBad = explainer.beginsBad();
    Expected<std::optional<Finding>> finding = explainer.explain();
    if (!finding)
      return failed(finding.status());
    if (*finding && !beginsBad)
      return said(**finding);
    if (!later)
      later = std::move(*finding);
    // What an update leaves in the state shows in the sums of the next one.
    if (!beginsBad || update == 0 || update != divergence.update)
      break;
  }
  return later ? said(*later) : diverged;
}

} // namespace mlc::compiler
