#include "system/vp/firmware_run.h"

namespace arrayflex::vp {

PlatformParameters small_platform() {
  PlatformParameters parameters;
  parameters.ram_size_bytes = 1U << 20;
  platform::AcceleratorParameters accelerator;
  accelerator.array.rows = 8;
  accelerator.array.cols = 8;
  parameters.accelerators = {accelerator};
  return parameters;
}

FirmwareRun::FirmwareRun(const PlatformParameters& parameters)
    : platform("platform", parameters, terminal) {}

void FirmwareRun::load(const std::string& name) {
  platform.load(std::string(ARRAYFLEX_TEST_FIRMWARE) + "/" + name + ".elf");
}

RunResult FirmwareRun::run(const std::string& name, const sc_core::sc_time& max_time) {
  load(name);
  return platform.run(max_time);
}

std::uint64_t FirmwareRun::result(std::size_t index) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    value |= std::uint64_t{platform.ram().bytes().at(0x10000 + 8 * index + i)} << (8 * i);
  }
  return value;
}

}  // namespace arrayflex::vp
