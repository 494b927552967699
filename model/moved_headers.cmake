# Headers that users include under a path of earlier versions: old path, new path. Each old path is a
# generated file of one line; both are installed.
set(moved_headers
  core/energy.h energy/energy.h
  core/fast_engine.h engine/fast_engine.h
  core/report.h report/report.h
  core/report_energy.h report/report_energy.h
  core/saif.h formats/saif.h
  core/technology.h energy/technology.h
  core/tile_sampling.h engine/tile_sampling.h
  pin/array/array_model.h pin/array/pin_level_array.h
  platform/array_engine.h platform/arrays/tile_engine.h
  platform/arrays/array_engine.h platform/arrays/tile_engine.h
  platform/arrays/fast_array.h platform/arrays/fast_tile_engine.h
  platform/arrays/pin_array.h platform/arrays/pin_tile_engine.h
  platform/register_block.h platform/software/register_block.h
  platform/registers.h platform/software/registers.h)
set(moved_headers_dir "${CMAKE_CURRENT_BINARY_DIR}/moved_headers")
while(moved_headers)
  list(POP_FRONT moved_headers old_path new_path)
  set(text "// Moved; kept for who includes it by this path.\n#pragma once\n#include \"arrayflex/${new_path}\"  // IWYU pragma: export\n")
  file(CONFIGURE OUTPUT "${moved_headers_dir}/arrayflex/${old_path}" CONTENT "${text}" @ONLY)
endwhile()
target_include_directories(arrayflex_core PUBLIC $<BUILD_INTERFACE:${moved_headers_dir}>)
