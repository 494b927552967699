// Which layers of a workload run.
#pragma once

#include <string>
#include <vector>

#include "arrayflex/core/gemm.h"

namespace arrayflex::study {

/// The layers that the arguments select, in their order; all without a pattern. Each argument is a
/// comma-separated list of glob patterns on whole layer names, as fnmatch(3) has them: * any text,
/// ? any character, [abc] and [a-z] one of these, [!abc] and [^abc] one that is none of these,
/// \ takes the next character for itself. A pattern cannot hold a comma, not even in brackets. A
/// layer is taken when it matches a pattern without a leading '!', or there is none such, and it
/// matches no pattern behind a '!'. Throws InputError naming `item` for an empty pattern, for one
/// without '!' that matches no layer, and when no layer is left.
std::vector<Layer> select_layers(const std::vector<Layer>& layers,
                                 const std::vector<std::string>& arguments,
                                 const std::string& item = "layers");

}  // namespace arrayflex::study
