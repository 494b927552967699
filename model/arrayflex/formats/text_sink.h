// Where writers of text files put their text.
#pragma once

#include <functional>
#include <string_view>

namespace arrayflex {

/// Takes a piece of text, in order. May throw.
using TextSink = std::function<void(std::string_view)>;

}  // namespace arrayflex
