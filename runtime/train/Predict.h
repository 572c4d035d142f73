// Rows in, what the model says about them out.
#ifndef MLC_RUNTIME_TRAIN_PREDICT_H
#define MLC_RUNTIME_TRAIN_PREDICT_H

#include "runtime/data/Dataset.h"
#include "runtime/session/Session.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mlc {

enum class PredictFormat {
  Csv, ///< a header, then a line per row; elements of a tensor are columns name.0, name.1, ..., name.0.1 of a
       ///< matrix
  JsonLines ///< an object per row, tensors as (nested) lists; what is not finite is null
};

/// What the codes of a field with categories are called, from 0; empty for those without a name.
using CodeNames = std::vector<std::string>;

/// The names of a field's codes, no two alike: `values` are its values in the order of their codes, as a
/// vocabulary has them.
CodeNames codeNamesOf(const FieldSpec &field, const std::vector<std::string> &values);

struct PredictOptions {
  int64_t batch = 1;
  uint64_t seed = 0; ///< for a model whose predictions are random
  const double *scalars = nullptr;
  PredictFormat format = PredictFormat::Csv;
  /// By output, names of codes: of a vector with an element for each code, the elements are called by them;
  /// in place of a whole number its name is printed. Others are as they are.
  std::map<std::string, CodeNames> names;
  ExplainOutside explainOutside = nullptr;
};

/// The fields that a predict function reads, in order, with what the readers need to know about them. Labels
/// are not among them, so files to predict on need none.
Expected<std::vector<FieldSpec>> predictFields(const Manifest &manifest);

/// A usage error if two columns of CSV, or two members of an object, would have one name when the columns
/// `keep` come before what is predicted.
Status checkColumns(const Manifest &manifest, const PredictOptions &options,
                    const std::vector<std::string> &keep);

/// Writes one line per row, in order, through `write`, whose failure ends it. The dataset's kept columns come
/// first, as text. Floats are printed so that they
/// read back to the same bits. Gives the number of rows.
Expected<int64_t> predict(Session &session, const Rows &rows, const PredictOptions &options,
                          const std::function<Status(std::string_view)> &write);

} // namespace mlc
#endif
