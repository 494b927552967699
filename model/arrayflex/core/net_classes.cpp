#include "arrayflex/core/net_classes.h"

#include <fmt/format.h>

namespace arrayflex {
namespace {

int mode_of(Design design, int k) { return design == Design::conventional ? 1 : k; }

template <class Class, class All>
std::vector<Class> classes_of(const ArrayParameters& array, const All& all) {
  std::vector<Class> classes;
  for (const Class c : all) {
    if (has_class(array, c)) classes.push_back(c);
  }
  return classes;
}

std::string term(int factor, const char* width) {
  return factor == 1 ? width : fmt::format("{}·{}", factor, width);
}

}  // namespace

bool has_class(const ArrayParameters& array, NetClass c) {
  const auto exists = info_of(c).exists;
  return exists == nullptr || exists(array);
}

bool has_class(const ArrayParameters& array, RegisterClass c) {
  return has_class(array, info_of(c).net);
}

bool has_class(const ArrayParameters& array, Design design, NetClass c) {
  return has_class(array, c) && (design == Design::arrayflex || info_of(c).in_conventional);
}

std::vector<NetClass> net_classes_of(const ArrayParameters& array) {
  return classes_of<NetClass>(array, all_net_classes());
}

std::vector<RegisterClass> register_classes_of(const ArrayParameters& array) {
  return classes_of<RegisterClass>(array, all_register_classes());
}

std::int64_t net_bits(const ArrayParameters& array, Design design, int k, NetClass c) {
  if (!has_class(array, design, c)) return 0;
  std::int64_t bits = 0;
  for (const NetGroup& group : info_of(c).nets) {
    if (group.count == nullptr) continue;
    bits += group.width.bits(array) * group.count(array, mode_of(design, k));
  }
  return bits;
}

std::int64_t registers_in_use(const ArrayParameters& array, Design design, int k, RegisterClass c) {
  if (!has_class(array, design, info_of(c).net)) return 0;
  return net_info_of(c).nets[0].count(array, mode_of(design, k));
}

std::int64_t physical_registers(const ArrayParameters& array, RegisterClass c) {
  return has_class(array, c) ? info_of(c).physical(array, 1) : 0;
}

std::string text_of(NetWidth width) {
  if (width.acc == 0) return term(width.data, "Wd");
  if (width.data == 0) return term(width.acc, "Wa");
  return fmt::format("{} + {}", term(width.data, "Wd"), term(width.acc, "Wa"));
}

}  // namespace arrayflex
