// From the manifest's readers to rows in memory.
#ifndef MLC_RUNTIME_DATA_READER_H
#define MLC_RUNTIME_DATA_READER_H

#include "runtime/data/Dataset.h"

#include <optional>
#include <string>
#include <vector>

namespace mlc {

/// The folders that data files are looked for in; see findDataFile.
struct DataFolders {
  std::string modelFolder; ///< where the model file is
  std::string dataFolder;  ///< --data, or empty
};

/// Reads the fields of one split. `learn` for the training split: its category values become the vocabulary;
/// otherwise values are looked up there. A new reader is a file of its own and a row of the table in
/// Reader.cpp.
Expected<Dataset> readSplit(const ReaderSpec &reader, const std::vector<FieldSpec> &fields,
                            const DataFolders &folders, Vocabulary &vocabulary, bool learn);

/// The kinds of readers, such as "csv".
std::vector<std::string> readerNames();

/// Which reader takes files that the user gives (for predict): the one their names tell, else `usual`.
std::string readerOf(const std::vector<std::string> &paths, const std::string &usual);

/// Whether a reader takes one file of rows, so that the rows of several may follow one another.
bool takesOneFile(const std::string &kind);

/// Reads rows with the reader `kind`; paths are taken as they are. `keep`: what is passed on as it
/// stands; a usage error of all readers but "csv".
Expected<Dataset> readFiles(const std::string &kind, const std::vector<std::string> &paths,
                            const std::map<std::string, std::string> &options,
                            const std::vector<FieldSpec> &fields, Vocabulary &vocabulary, bool learn,
                            const Keep &keep = {});

/// What a training run reads.
struct TrainingData {
  Rows train;
  std::optional<Rows> validation; ///< of its own reader, or cut from the training rows
  Vocabulary vocabulary;
};

/// Fields that do with categories that training has not seen what `unknown` says; `Missing` is for optional
/// fields, the others keep to `Error`.
std::vector<FieldSpec> withUnknown(std::vector<FieldSpec> fields, UnknownCategory unknown);

/// Reads the training split and the validation split, cutting off the latter by the seed if it has no reader.
/// `unknown` is for rows of the latter.
Expected<TrainingData> readTrainingData(const Manifest &manifest, const DataFolders &folders,
                                        UnknownCategory unknown = UnknownCategory::Error);

/// The rows of split "train", "validation" or "test", for evaluation with a vocabulary learnt before.
Expected<Rows> readEvaluationRows(const Manifest &manifest, const std::string &split,
                                  const DataFolders &folders, Vocabulary vocabulary,
                                  UnknownCategory unknown = UnknownCategory::Error);

/// What a message calls row `row` of a split: "visits.csv line 17", or "row 15" where the reader has no
/// lines, or the file cannot be read any more.
std::string placeOfRow(const ReaderSpec &reader, const DataFolders &folders, int64_t row);

} // namespace mlc
#endif
