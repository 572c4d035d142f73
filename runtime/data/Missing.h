// What stands for a missing value, in every reader.
#ifndef MLC_RUNTIME_DATA_MISSING_H
#define MLC_RUNTIME_DATA_MISSING_H

#include "runtime/program/Manifest.h"

#include <string>
#include <string_view>

namespace mlc {

/// Whether this text is no value of the field. Nothing at all never is one; else the list of the field, as
/// written, or, without one, `?`, and `NA`, `N/A`, `NaN` and `null` in any case.
bool isMissing(std::string_view text, const FieldSpec &field);

/// The same of a number that spells `text`, in a field of numbers: those of a field that cannot miss values
/// are what they are.
bool isMissingNumber(std::string_view text, const FieldSpec &field);

/// What is wrong where a value is missing in a field that must have one.
std::string whyMissing(std::string_view text);

} // namespace mlc
#endif
