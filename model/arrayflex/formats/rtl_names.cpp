#include "arrayflex/formats/rtl_names.h"

#include <fmt/format.h>

#include <cstdio>
#include <stdexcept>

namespace arrayflex {
namespace {

std::vector<std::string> array_path(Design design) { return {rtl_top_name(design), "array"}; }

std::string indexed(const char* name, int index) { return fmt::format("{}[{}]", name, index); }

// "<prefix><number>" and nothing behind it; -1 otherwise.
int number_behind(const std::string& text, const std::string& prefix) {
  if (text.compare(0, prefix.size(), prefix) != 0) return -1;
  const std::string digits = text.substr(prefix.size());
  if (digits.empty() || digits.size() > 5) return -1;
  if (digits.find_first_not_of("0123456789") != std::string::npos) return -1;
  return std::stoi(digits);
}

RtlName buffer_net(Design design, const char* kind, int index, const std::string& net) {
  RtlName name{array_path(design), net};
  name.path.push_back(indexed(kind, index));
  name.path.push_back("buffer");
  const int stage = number_behind(net, "reg_");
  if (stage < 0) return name;
  name.path.push_back("chain");
  name.net = indexed("reg_", stage);
  return name;
}

}  // namespace

const char* rtl_top_name(Design design) {
  return design == Design::arrayflex ? "array_system" : "conventional_system";
}

std::vector<std::string> rtl_pe_path(Design design, int r, int c) {
  std::vector<std::string> path = array_path(design);
  path.push_back(indexed("row", r));
  path.push_back(indexed("column", c));
  path.push_back("pe");
  return path;
}

bool is_weight_net(const std::string& net) {
  return net == "weight_reg" || net == "weight_bank0" || net == "weight_bank1" || net == "weight";
}

RtlName rtl_name(Design design, const std::string& root, const std::string& module,
                 const std::string& net) {
  const std::string prefix = root + '.';
  if (module.compare(0, prefix.size(), prefix) == 0) {
    const std::string below = module.substr(prefix.size());
    const std::size_t dot = below.find('.');
    const std::string part = below.substr(0, dot);
    if (const int r = number_behind(part, "skew_"); r >= 0) {
      return buffer_net(design, "skew", r, net);
    }
    if (const int c = number_behind(part, "deskew_"); c >= 0) {
      return buffer_net(design, "deskew", c, net);
    }
    int r = -1, c = -1;
    if (std::sscanf(part.c_str(), "pe_%d_%d", &r, &c) == 2) {
      RtlName name{rtl_pe_path(design, r, c), net};
      if (dot != std::string::npos) name.path.push_back(below.substr(dot + 1));
      return name;
    }
  }
  throw std::logic_error(fmt::format("{}.{} is no net of the array {}", module, net, root));
}

}  // namespace arrayflex
