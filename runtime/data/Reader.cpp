#include "runtime/data/Reader.h"

#include "runtime/data/Csv.h"
#include "runtime/data/DataFile.h"
#include "runtime/data/Idx.h"
#include "runtime/data/Split.h"

#include "runtime/Nearest.h"

#include <new>

namespace mlc {
namespace {

Expected<Dataset> readIdxFiles(const std::vector<std::string> &paths, const std::vector<FieldSpec> &fields,
                               Vocabulary &vocabulary, bool learn) {
  if (paths.size() != fields.size())
    return Status::badData("idx names " + std::to_string(paths.size()) + " files for " +
                           std::to_string(fields.size()) + " fields; it takes one file per field, in order");
  Dataset dataset;
  for (size_t i = 0; i < fields.size(); ++i) {
    Expected<Column> column = readIdx(paths[i], fields[i], vocabulary, learn);
    if (!column)
      return column.status();
    int64_t rows = static_cast<int64_t>(column->bytes.size()) / column->rowBytes;
    if (i != 0 && rows != dataset.rows)
      return Status::badData(paths[i] + " holds " + std::to_string(rows) + " rows, " + paths[0] + " holds " +
                             std::to_string(dataset.rows) + "; they must belong together");
    dataset.rows = rows;
    dataset.columns.push_back(std::move(*column));
  }
  return dataset;
}

bool looksLikeCsv(const std::string &path) {
  for (const char *ending : {".csv", ".tsv", ".csv.gz", ".tsv.gz"}) {
    std::string_view suffix(ending);
    if (path.size() > suffix.size() && std::string_view(path).substr(path.size() - suffix.size()) == suffix)
      return true;
  }
  return false;
}

const std::optional<ReaderSpec> *readerOf(const DataSpec &data, const std::string &split) {
  if (split == "train")
    return &data.train;
  if (split == "validation")
    return &data.validation;
  return split == "test" ? &data.test : nullptr;
}

Status requireRows(const Dataset &dataset, const ReaderSpec &reader) {
  if (dataset.rows > 0)
    return {};
  return Status::badData("there are no rows in " + (reader.files.empty() ? reader.kind : reader.files[0]));
}

} // namespace

static Expected<Dataset> readKind(const std::string &kind, const std::vector<std::string> &paths,
                                  const std::map<std::string, std::string> &options,
                                  const std::vector<FieldSpec> &fields, Vocabulary &vocabulary, bool learn) {
  if (kind == "idx") {
    if (!options.empty())
      return Status::badData("the idx reader has no option '" + options.begin()->first + "'");
    return readIdxFiles(paths, fields, vocabulary, learn);
  }
  if (kind == "csv") {
    if (paths.size() != 1)
      return Status::badData("csv takes one file, not " + std::to_string(paths.size()));
    return readCsv(paths[0], options, fields, vocabulary, learn);
  }
  if (kind == "host")
    return Status::usage(
        "the data comes from a host program; link the compiled model into one, or name a reader "
        "of files in the data block");
  return Status::badData("reader '" + kind + "' is not available" + didYouMean(kind, {"idx", "csv", "host"}));
}

Expected<Dataset> readFiles(std::string kind, const std::vector<std::string> &paths,
                            const std::map<std::string, std::string> &options,
                            const std::vector<FieldSpec> &fields, Vocabulary &vocabulary, bool learn) {
  if (kind.empty())
    kind = paths.size() == 1 && looksLikeCsv(paths[0]) ? "csv" : "idx";
  try {
    return readKind(kind, paths, options, fields, vocabulary, learn);
  } catch (const std::bad_alloc &) {
    return Status::failed("out of memory while reading " + (paths.empty() ? kind : paths[0]));
  }
}

Expected<Dataset> readSplit(const ReaderSpec &reader, const std::vector<FieldSpec> &fields,
                            const DataFolders &folders, Vocabulary &vocabulary, bool learn) {
  std::vector<std::string> paths;
  for (const std::string &file : reader.files) {
    Expected<std::string> path = findDataFile(file, folders.modelFolder, folders.dataFolder);
    if (!path)
      return path.status();
    paths.push_back(std::move(*path));
  }
  return readFiles(reader.kind, paths, reader.options, fields, vocabulary, learn);
}

Expected<TrainingData> readTrainingData(const Manifest &manifest, const DataFolders &folders) {
  const DataSpec &spec = manifest.data;
  if (!spec.train)
    return Status::usage("the data block of " + manifest.program + " has no `train` reader");
  TrainingData data;
  Expected<Dataset> read = readSplit(*spec.train, spec.fields, folders, data.vocabulary, true);
  if (!read)
    return read.status();
  MLC_TRY(requireRows(*read, *spec.train));
  Rows all = Rows::all(std::make_shared<const Dataset>(std::move(*read)));
  if (spec.validation) {
    data.train = std::move(all);
    Expected<Dataset> held = readSplit(*spec.validation, spec.fields, folders, data.vocabulary, false);
    if (!held)
      return held.status();
    MLC_TRY(requireRows(*held, *spec.validation));
    data.validation = Rows::all(std::make_shared<const Dataset>(std::move(*held)));
    return data;
  }
  if (spec.validationFraction > 0) {
    SplitRows split = cutValidation(all, spec.validationFraction, manifest.train.seed);
    data.train = std::move(split.train);
    if (split.validation.size() > 0)
      data.validation = std::move(split.validation);
    return data;
  }
  data.train = std::move(all);
  return data;
}

Expected<Rows> readEvaluationRows(const Manifest &manifest, const std::string &split,
                                  const DataFolders &folders, Vocabulary vocabulary) {
  const std::optional<ReaderSpec> *reader = readerOf(manifest.data, split);
  if (!reader)
    return Status::usage("there is no split '" + split + "'" +
                         didYouMean(split, {"train", "validation", "test"}));
  bool cut = manifest.data.validationFraction > 0 && !manifest.data.validation;
  bool cutsThis = cut && split != "test";
  const std::optional<ReaderSpec> &source = cutsThis ? manifest.data.train : *reader;
  if (!source)
    return Status::usage("the data block of " + manifest.program + " has no `" + split + "` split");
  Expected<Dataset> read = readSplit(*source, manifest.data.fields, folders, vocabulary, false);
  if (!read)
    return read.status();
  MLC_TRY(requireRows(*read, *source));
  Rows all = Rows::all(std::make_shared<const Dataset>(std::move(*read)));
  if (!cutsThis)
    return all;
  SplitRows parts = cutValidation(all, manifest.data.validationFraction, manifest.train.seed);
  return split == "train" ? std::move(parts.train) : std::move(parts.validation);
}

} // namespace mlc
