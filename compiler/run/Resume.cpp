#include "compiler/run/Resume.h"

#include "runtime/Json.h"
#include "runtime/Number.h"

#include <fmt/format.h>

#include <algorithm>

namespace mlc::run {
namespace {

/// "3 epochs", "500 updates"
std::string lengthOf(const TrainSpec &train) {
  if (train.steps)
    return fmt::format("{} update{}", *train.steps, *train.steps == 1 ? "" : "s");
  return fmt::format("{} epoch{}", train.epochs.value_or(0), train.epochs.value_or(0) == 1 ? "" : "s");
}

std::string shareOf(const DataSpec &data) {
  return data.validation ? "a split of its own" : printNumber(data.validationFraction);
}

std::string bestOf(const TrainSpec &train) {
  return fmt::format("{} {}", train.bestIsMax ? "max" : "min", train.bestFigure);
}

/// What a run is made of from its first step on: a usage error if it is not as it was.
Status holdFixed(const RunFolder &run, const char *name, const std::string &was, const std::string &is,
                 const char *why) {
  if (was == is)
    return {};
  return Status::usage(
      fmt::format("`{}` cannot change when a run is resumed: {} has {}, and {} is asked for; {}; "
                  "leave it as it was, or begin another run with --out",
                  name, run.path(), was, is, why));
}

/// "f32[2] = 'a', 'b'"
std::string textOf(const FieldSpec &field) {
  std::string text(nameOf(field.dtype));
  std::string list;
  for (int64_t dim : field.shape)
    list += (list.empty() ? "" : ", ") + std::to_string(dim);
  if (!list.empty())
    text += "[" + list + "]";
  if (field.categories)
    text += fmt::format(" category({})", field.categories);
  if (field.optional)
    text += "?";
  list.clear();
  for (const std::string &column : field.columns)
    list += (list.empty() ? "" : ", ") + ("'" + column + "'");
  return list.empty() ? text : text + " = " + list;
}

/// What differs between the fields of the data, or empty. They bind in their order.
std::string fieldsDiffer(const DataSpec &was, const DataSpec &is) {
  for (size_t i = 0; i < std::max(was.fields.size(), is.fields.size()); ++i) {
    if (i >= was.fields.size())
      return fmt::format("field '{}' is only here", is.fields[i].name);
    if (i >= is.fields.size())
      return fmt::format("field '{}' is only there", was.fields[i].name);
    const FieldSpec &a = was.fields[i], &b = is.fields[i];
    if (a.name != b.name)
      return fmt::format("field {} is '{}' there and '{}' here", i + 1, a.name, b.name);
    if (textOf(a) != textOf(b))
      return fmt::format("field '{}' is {} there and {} here", a.name, textOf(a), textOf(b));
  }
  return {};
}

std::vector<std::string> changedNumbers(const TrainSpec &was, const TrainSpec &is) {
  std::vector<std::string> lines;
  for (const auto &[name, value] : is.numbers) {
    auto before = was.numbers.find(name);
    if (before == was.numbers.end())
      lines.push_back(fmt::format("{} is {}, was not given", name, value));
    else if (before->second != value)
      lines.push_back(fmt::format("{} is {}, was {}", name, value, before->second));
  }
  for (const auto &[name, value] : was.numbers)
    if (!is.numbers.count(name))
      lines.push_back(fmt::format("{} is not given, was {}", name, value));
  return lines;
}

std::string scalarsText(const Manifest &manifest) {
  std::string text;
  for (const ScalarSpec &scalar : manifest.scalars)
    text += scalar.value.print() + "\n";
  return text;
}

std::string joined(const std::vector<std::string> &lines) {
  std::string text;
  for (const std::string &line : lines)
    text += (text.empty() ? "" : "; ") + line;
  return text;
}

std::string importsText(const Manifest &manifest) {
  std::string text;
  for (const ImportSpec &import : manifest.imports)
    for (const ImportTensor &tensor : import.tensors) {
      text += import.file + ":" + tensor.source + "->" + tensor.tensor;
      for (int64_t axis : tensor.order)
        text += " " + std::to_string(axis);
      text += "\n";
    }
  return text;
}

std::string filesText(const std::optional<ReaderSpec> &reader) {
  return reader ? reader->kind + "(" + joined(reader->files) + ")" : "nothing";
}

} // namespace

Expected<std::vector<std::string>> changesOf(const RunFolder &run, const Manifest &now) {
  const Manifest &begun = run.config().manifest;
  const bool known = !begun.trainingHash.empty(); // by runs of this version
  if (known)
    MLC_TRY(holdFixed(run, "precision", begun.train.precision, now.train.precision,
                      "its tensors have that type"));
  std::vector<std::string> numbers = changedNumbers(begun.train, now.train);
  auto another = [&](const std::string &what) {
    return Status::badData(run.path() + " is a run of another model: " + what);
  };
  if (std::string differ = fieldsDiffer(begun.data, now.data); !differ.empty())
    return another(differ);
  if (Status status = run.checkProgram(now); !status.isOk())
    return status;
  bool scalarsDiffer = scalarsText(begun) != scalarsText(now);
  if (known && (begun.trainingHash != now.trainingHash || (scalarsDiffer && numbers.empty())))
    return another("the tensors are the same, how they are trained is not" +
                   (numbers.empty() ? "" : " (" + joined(numbers) + ")"));
  MLC_TRY(holdFixed(run, "seed", std::to_string(begun.train.seed), std::to_string(now.train.seed),
                    "the rows that are held out, their order and all that is random follow from it"));
  MLC_TRY(holdFixed(run, "validation", shareOf(begun.data), shareOf(now.data),
                    "rows that were held out would be trained on"));
  MLC_TRY(holdFixed(run, "best", bestOf(begun.train), bestOf(now.train),
                    "the best model so far was chosen by it"));
  std::vector<std::string> lines;
  if (begun.train.batch != now.train.batch)
    lines.push_back(
        fmt::format("an update is made of {} rows, was of {}", now.train.batch, begun.train.batch));
  if (lengthOf(begun.train) != lengthOf(now.train))
    lines.push_back(fmt::format("training is {} long, was {}", lengthOf(now.train), lengthOf(begun.train)));
  if (begun.train.patience != now.train.patience)
    lines.push_back(fmt::format("patience is {}, was {}", now.train.patience, begun.train.patience));
  if (known)
    lines.insert(lines.end(), numbers.begin(), numbers.end());
  else if (scalarsDiffer)
    lines.emplace_back("numbers of the optimizer are others");
  if (importsText(begun) != importsText(now))
    lines.emplace_back("`from` says something else, and is not read again: it gives first values");
  const std::pair<const std::optional<ReaderSpec> *, const std::optional<ReaderSpec> *> readers[] = {
      {&begun.data.train, &now.data.train},
      {&begun.data.validation, &now.data.validation},
      {&begun.data.test, &now.data.test}};
  for (auto [was, is] : readers)
    if (filesText(*was) != filesText(*is))
      lines.push_back(fmt::format("data are read from {}, were from {}", filesText(*is), filesText(*was)));
  return lines;
}

Status checkOwnProgram(const RunFolder &run, const Manifest &now) {
  const Manifest &kept = run.config().manifest;
  if (kept.trainingHash.empty())
    return {}; // older versions did not keep all settings
  Expected<Json> was = parseJson(printManifest(kept), "manifest"),
                 is = parseJson(printManifest(now), "manifest");
  if (!was || !is)
    return Status::failed("a manifest does not read back");
  // What text and settings alone decide. Members that only one of them has are of another version of mlc.
  for (const char *part : {"data", "train"}) {
    for (const Json &change : Json::diff((*was)[part], (*is)[part])) {
      const std::string path = change.value("path", "");
      // The reason names the file, which may have had another name before it was model.mlc.
      if (change.value("op", "") != "replace" || path == "/least_rows_reason")
        continue;
      std::string member = part + path;
      std::replace(member.begin(), member.end(), '/', '.');
      return Status::badData(
          run.path() + "/config.json.manifest." + member +
          " is not what model.mlc there says with the settings of config.json; one of them was "
          "changed by hand");
    }
  }
  return {};
}

bool hasTexts(const RunFolder &run, const std::vector<std::pair<std::string, std::string>> &texts) {
  for (const auto &[name, text] : texts) {
    Expected<std::string> kept = run.readText(name);
    if (!kept || *kept != text)
      return false;
  }
  return true;
}

} // namespace mlc::run
