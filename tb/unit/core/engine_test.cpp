#include "arrayflex/core/engine.h"

#include <gmock/gmock.h>

#include "arrayflex/core/error.h"

namespace arrayflex {
namespace {

TEST(Engine, RowsStandInTheOrderOfTheEnum) {
  for (std::size_t i = 0; i < kEngineCount; ++i) {
    const EngineCapabilities& row = all_engines()[i];
    EXPECT_EQ(row.engine, static_cast<Engine>(i));
    EXPECT_EQ(&capabilities_of(row.engine), &row);
    EXPECT_STREQ(name_of(row.engine), row.name);
  }
}

TEST(Engine, NamesAreReadBack) {
  for (const EngineCapabilities& row : all_engines()) {
    EXPECT_EQ(parse_engine("engine", row.name), row.engine);
  }
}

TEST(Engine, UnknownNamesAreRefusedWithTheList) {
  for (const char* name : {"", "Fast", "fast ", "rtl"}) {
    try {
      parse_engine("--engine", name);
      ADD_FAILURE() << name;
    } catch (const InputError& error) {
      EXPECT_EQ(error.what(),
                std::string("--engine = ") + name + ": allowed are analytic, fast, pin and cycle");
    }
  }
}

TEST(Engine, NamesAreListedByCapability) {
  EXPECT_EQ(names_of_engines_with(&EngineCapabilities::sampling), "fast");
  EXPECT_EQ(names_of_engines_with(&EngineCapabilities::memory), "analytic, fast or pin");
  EXPECT_EQ(names_of_engines_with(&EngineCapabilities::accelerator), "fast or pin");
  EXPECT_EQ(names_of_engines_with(&EngineCapabilities::values), "fast, pin or cycle");
}

}  // namespace
}  // namespace arrayflex
