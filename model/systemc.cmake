# arrayflex::systemc: the pin level and the TLM-2.0 platform components.
find_package(spdlog REQUIRED)

file(GLOB_RECURSE systemc_sources CONFIGURE_DEPENDS
  "${CMAKE_CURRENT_SOURCE_DIR}/arrayflex/pin/*.cpp"
  "${CMAKE_CURRENT_SOURCE_DIR}/arrayflex/platform/*.cpp")
add_library(arrayflex_systemc STATIC ${systemc_sources})
add_library(arrayflex::systemc ALIAS arrayflex_systemc)
set_target_properties(arrayflex_systemc PROPERTIES EXPORT_NAME systemc)
arrayflex_configure_target(arrayflex_systemc)
# SystemC links with programs of its own standard only.
set_target_properties(arrayflex_systemc PROPERTIES CXX_STANDARD ${ARRAYFLEX_SYSTEMC_CXX_STANDARD})
target_compile_features(arrayflex_systemc PUBLIC cxx_std_17)
# SC_INCLUDE_DYNAMIC_PROCESSES: sc_spawn, also inside tlm_utils.
target_compile_definitions(arrayflex_systemc PUBLIC SC_INCLUDE_DYNAMIC_PROCESSES)
target_link_libraries(arrayflex_systemc
  PUBLIC arrayflex_core arrayflex::systemc_dependency
  PRIVATE spdlog::spdlog $<BUILD_INTERFACE:fmt::fmt-header-only> hwy::hwy)
if(ARRAYFLEX_SANITIZE)  # as tile_kernel.cpp
  set_source_files_properties(arrayflex/pin/cycle/cycle_kernel.cpp
    PROPERTIES COMPILE_OPTIONS "-fno-sanitize=all;-g0")
endif()
