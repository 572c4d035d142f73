// CSV as RFC 4180 has it, with a header line, plain or gzip.
#ifndef MLC_RUNTIME_DATA_CSV_H
#define MLC_RUNTIME_DATA_CSV_H

#include "runtime/data/Dataset.h"

#include <map>
#include <string>
#include <vector>

namespace mlc {

/// Reads the fields from the columns they name. A field of several elements that names one column finds them
/// there separated by blanks; of integers, those that are missing at the end are 0; of words, as
/// Words.h has them. `options` may hold "separator": one character or "tab"; without it that is
/// a comma, or a tab where the file's name ends in .tsv. What stands for a missing value says Missing.h; it
/// is an error unless the field is optional. Errors name file, line and column, and those about columns the
/// columns that there are.
/// What `keep` wants is passed on as it stands, as Dataset::kept.
Expected<Dataset> readCsv(const std::string &path, const std::map<std::string, std::string> &options,
                          const std::vector<FieldSpec> &fields, Vocabulary &vocabulary, bool learn,
                          const Keep &keep = {});

/// The line on which row `row`, from 0, begins, for a message about a row that was read before.
Expected<int64_t> lineOfCsvRow(const std::string &path, const std::map<std::string, std::string> &options,
                               int64_t row);

} // namespace mlc
#endif
