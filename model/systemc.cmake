# arrayflex::systemc, the pin level and the TLM-2.0 platform components.
set(pin_sources)
file(GLOB pin_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/arrayflex/pin/*.cpp")
file(GLOB platform_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/arrayflex/platform/*.cpp")
if(pin_sources OR platform_sources)
  find_package(spdlog REQUIRED)
  add_library(arrayflex_systemc STATIC ${pin_sources} ${platform_sources})
  add_library(arrayflex::systemc ALIAS arrayflex_systemc)
  set_target_properties(arrayflex_systemc PROPERTIES EXPORT_NAME systemc)
  arrayflex_configure_target(arrayflex_systemc)
  target_compile_features(arrayflex_systemc PUBLIC cxx_std_17)
  target_link_libraries(arrayflex_systemc
    PUBLIC arrayflex_core arrayflex_systemc_dependency
    PRIVATE $<BUILD_INTERFACE:fmt::fmt-header-only>)
endif()
