#include "runtime/data/Reader.h"

#include "runtime/data/Cifar.h"
#include "runtime/data/Csv.h"
#include "runtime/data/DataCache.h"
#include "runtime/data/DataFile.h"
#include "runtime/data/Idx.h"
#include "runtime/data/Images.h"
#include "runtime/data/InputFile.h"
#include "runtime/data/MostFiles.h"
#include "runtime/data/Npy.h"
#include "runtime/data/Split.h"
#include "runtime/data/Text.h"

#include "runtime/Nearest.h"
#include "runtime/Number.h"

#include <algorithm>
#include <cmath>
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

/// What a reader is asked for.
struct Request {
  const std::vector<std::string> &paths;
  const std::map<std::string, std::string> &options;
  const std::vector<FieldSpec> &fields;
  Vocabulary &vocabulary;
  bool learn;
  const Keep &keep;

  /// A whole number given by name, 1 or more; 0 if it is not given.
  Expected<int64_t> number(const std::string &name) const {
    auto found = options.find(name);
    if (found == options.end())
      return int64_t(0);
    std::optional<double> value = parseF64(found->second);
    if (!value || !(*value >= 1 && *value <= double(1 << 24)) || *value != std::floor(*value))
      return Status::badData("'" + name + "' must be a whole number, 1 or more, not '" + found->second + "'");
    return static_cast<int64_t>(*value);
  }
};

struct Kind {
  std::string name;
  size_t mostFiles; ///< at least one is needed
  std::vector<std::string> options;
  std::vector<std::string> endings; ///< of files that are certainly for it
  Expected<Dataset> (*read)(const Request &request);
  /// Whether reading takes much longer than copying: always, never, or where files are gzip.
  enum { Never, IfGzip, Always } slow = Never;
};

const std::vector<Kind> &kinds() {
  static const std::vector<Kind> table = {
      {"idx",
       mostFiles,
       {},
       {".idx", ".idx.gz", "-ubyte", "-ubyte.gz"},
       [](const Request &r) { return readIdxFiles(r.paths, r.fields, r.vocabulary, r.learn); },
       Kind::IfGzip},
      {"csv",
       1,
       {"separator"},
       {".csv", ".tsv", ".csv.gz", ".tsv.gz"},
       [](const Request &r) {
         return readCsv(r.paths[0], r.options, r.fields, r.vocabulary, r.learn, r.keep);
       },
       Kind::Always},
      {"cifar",
       mostFiles,
       {},
       {},
       [](const Request &r) { return readCifar(r.paths, r.fields, r.vocabulary, r.learn); }},
      {"images",
       1 << 20,
       {"size"},
       {".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG"},
       [](const Request &r) -> Expected<Dataset> {
         Expected<int64_t> size = r.number("size");
         return size ? readImages(r.paths, *size, r.fields, r.vocabulary, r.learn) : size.status();
       }},
      {"npy",
       mostFiles,
       {},
       {".npy", ".npy.gz"},
       [](const Request &r) { return readNpy(r.paths, r.fields, r.vocabulary, r.learn); },
       Kind::IfGzip},
      {"npz",
       1,
       {},
       {".npz"},
       [](const Request &r) { return readNpz(r.paths[0], r.fields, r.vocabulary, r.learn); },
       Kind::Always},
      {"text",
       1,
       {"stride"},
       {},
       [](const Request &r) -> Expected<Dataset> {
         Expected<int64_t> stride = r.number("stride");
         return stride ? readText(r.paths[0], *stride, r.fields) : stride.status();
       }},
  };
  return table;
}

bool endsWith(const std::string &text, const std::string &ending) {
  return text.size() > ending.size() && text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

const std::optional<ReaderSpec> *splitOf(const DataSpec &data, const std::string &split) {
  if (split == "train")
    return &data.train;
  if (split == "validation")
    return &data.validation;
  return split == "test" ? &data.test : nullptr;
}

Status requireRows(const Dataset &dataset, const ReaderSpec &reader) {
  if (dataset.rows > 0)
    return {};
  if (dataset.skipped > 0)
    return Status::badData("no row of " + reader.files[0] +
                           " is left: each has a category that does not occur in the " + "training data");
  return Status::badData("there are no rows in " + (reader.files.empty() ? reader.kind : reader.files[0]));
}

} // namespace

static Expected<Dataset> readKind(const std::string &name, const Request &request) {
  if (name == "host")
    return Status::usage(
        "the data comes from a host program; link the compiled model into one, or name a reader "
        "of files in the data block");
  auto kind =
      std::find_if(kinds().begin(), kinds().end(), [&](const Kind &each) { return each.name == name; });
  if (kind == kinds().end())
    return Status::badData("reader '" + name + "' is not available" + didYouMean(name, readerNames()));
  for (const auto &[option, value] : request.options)
    if (std::find(kind->options.begin(), kind->options.end(), option) == kind->options.end())
      return Status::badData("the " + name + " reader has no option '" + option + "'" +
                             didYouMean(option, kind->options));
  if (request.paths.empty() || request.paths.size() > kind->mostFiles)
    return Status::badData(name + " takes " + (kind->mostFiles == 1 ? "one file" : "one file or more") +
                           ", not " + std::to_string(request.paths.size()));
  if (!request.keep.columns.empty() && name != "csv")
    return Status::usage("only columns of CSV can be kept; `" + name + "` has no column '" +
                         request.keep.columns[0] + "'");
  return kind->read(request);
}

bool takesOneFile(const std::string &kind) { return kind == "csv" || kind == "npz"; }

std::vector<std::string> readerNames() {
  std::vector<std::string> names = {"host"};
  for (const Kind &kind : kinds())
    names.push_back(kind.name);
  return names;
}

std::string readerOf(const std::vector<std::string> &paths, const std::string &usual) {
  for (const Kind &kind : kinds())
    for (const std::string &ending : kind.endings)
      if (!paths.empty() && endsWith(paths[0], ending))
        return kind.name;
  return usual;
}

Expected<Dataset> readFiles(const std::string &kind, const std::vector<std::string> &paths,
                            const std::map<std::string, std::string> &options,
                            const std::vector<FieldSpec> &fields, Vocabulary &vocabulary, bool learn,
                            const Keep &keep) {
  try {
    Expected<Dataset> read = readKind(kind, {paths, options, fields, vocabulary, learn, keep});
    if (read && std::any_of(fields.begin(), fields.end(),
                            [](const FieldSpec &field) { return field.unknown == UnknownCategory::Skip; }))
      read->dropSkipped();
    return read;
  } catch (const std::bad_alloc &) {
    return Status::failed("out of memory while reading " + (paths.empty() ? kind : paths[0]));
  }
}

static bool isSlow(const std::string &name, const std::vector<std::string> &paths) {
  auto kind =
      std::find_if(kinds().begin(), kinds().end(), [&](const Kind &each) { return each.name == name; });
  if (kind == kinds().end() || kind->slow != Kind::IfGzip)
    return kind != kinds().end() && kind->slow == Kind::Always;
  return std::any_of(paths.begin(), paths.end(), [](const std::string &path) {
    Expected<InputFile> file = InputFile::open(path);
    return file && file->isGzip();
  });
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
  const bool skips = std::any_of(fields.begin(), fields.end(), [](const FieldSpec &field) {
    return field.unknown != UnknownCategory::Error;
  });
  if (skips || !isSlow(reader.kind, paths)) // the cache knows rows as they are
    return readFiles(reader.kind, paths, reader.options, fields, vocabulary, learn);
  DataCache cache(DiskCache::ofUser(), reader.kind, paths, reader.options, fields, vocabulary, learn);
  if (std::optional<Dataset> kept = cache.find(vocabulary))
    return std::move(*kept);
  Expected<Dataset> read = readFiles(reader.kind, paths, reader.options, fields, vocabulary, learn);
  if (read)
    cache.store(*read, vocabulary);
  return read;
}

std::vector<FieldSpec> withUnknown(std::vector<FieldSpec> fields, UnknownCategory unknown) {
  for (FieldSpec &field : fields)
    if (field.coding == Coding::Category && (unknown != UnknownCategory::Missing || field.optional))
      field.unknown = unknown;
  return fields;
}

Expected<TrainingData> readTrainingData(const Manifest &manifest, const DataFolders &folders,
                                        UnknownCategory unknown) {
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
    Expected<Dataset> held =
        readSplit(*spec.validation, withUnknown(spec.fields, unknown), folders, data.vocabulary, false);
    if (!held)
      return held.status();
    MLC_TRY(requireRows(*held, *spec.validation));
    data.validation = Rows::all(std::make_shared<const Dataset>(std::move(*held)));
    return data;
  }
  if (spec.validationFraction > 0) {
    SplitRows split = cutValidation(all, spec.validationFraction, manifest.train.seed);
    data.train = std::move(split.train);
    if (data.train.size() == 0)
      return Status::badData("no training rows are left beside those for validation in " +
                             spec.train->files[0] + "; give more data or a smaller share");
    if (split.validation.size() > 0)
      data.validation = std::move(split.validation);
    return data;
  }
  data.train = std::move(all);
  return data;
}

Expected<Rows> readEvaluationRows(const Manifest &manifest, const std::string &split,
                                  const DataFolders &folders, Vocabulary vocabulary,
                                  UnknownCategory unknown) {
  const std::optional<ReaderSpec> *reader = splitOf(manifest.data, split);
  if (!reader)
    return Status::usage("there is no split '" + split + "'" +
                         didYouMean(split, {"train", "validation", "test"}));
  bool cut = manifest.data.validationFraction > 0 && !manifest.data.validation;
  bool cutsThis = cut && split != "test";
  const std::optional<ReaderSpec> &source = cutsThis ? manifest.data.train : *reader;
  if (!source)
    return Status::usage("the data block of " + manifest.program + " has no `" + split + "` split");
  Expected<Dataset> read =
      readSplit(*source, withUnknown(manifest.data.fields, unknown), folders, vocabulary, false);
  if (!read)
    return read.status();
  MLC_TRY(requireRows(*read, *source));
  Rows all = Rows::all(std::make_shared<const Dataset>(std::move(*read)));
  if (!cutsThis)
    return all;
  SplitRows parts = cutValidation(all, manifest.data.validationFraction, manifest.train.seed);
  return split == "train" ? std::move(parts.train) : std::move(parts.validation);
}

std::string placeOfRow(const ReaderSpec &reader, const DataFolders &folders, int64_t row) {
  std::string number = "row " + std::to_string(row);
  if (reader.kind != "csv" || reader.files.empty())
    return number;
  Expected<std::string> path = findDataFile(reader.files[0], folders.modelFolder, folders.dataFolder);
  if (!path)
    return number;
  Expected<int64_t> line = lineOfCsvRow(*path, reader.options, row);
  return line ? *path + " line " + std::to_string(*line) : number;
}

} // namespace mlc
