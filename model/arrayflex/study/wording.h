// How messages name what a request sets.
#pragma once

#include <string>
#include <string_view>

namespace arrayflex::study {

enum class Wording {
  fields,  ///< sample_tiles: members of StudyRequest and keywords in Python
  options  ///< --sample-tiles: the command line
};

/// The item `key`, given as the field's name: "sample_tiles" or "--sample-tiles".
std::string item_name(Wording wording, std::string_view key);

/// "engine fast" or "--engine fast".
std::string setting(Wording wording, std::string_view key, std::string_view value);

}  // namespace arrayflex::study
