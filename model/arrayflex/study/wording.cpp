#include "arrayflex/study/wording.h"

#include <algorithm>

namespace arrayflex::study {

std::string item_name(Wording wording, std::string_view key) {
  std::string name(key);
  if (wording == Wording::fields) return name;
  std::replace(name.begin(), name.end(), '_', '-');
  return "--" + name;
}

std::string setting(Wording wording, std::string_view key, std::string_view value) {
  return item_name(wording, key) + ' ' + std::string(value);
}

}  // namespace arrayflex::study
