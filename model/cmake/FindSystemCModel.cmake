# Finds SystemC either by Accellera's CMake config (target SystemC::systemc) or by pkg-config, as
# Debian ships it, and defines the interface target arrayflex_systemc_dependency.
find_package(SystemCLanguage CONFIG QUIET)
if(TARGET SystemC::systemc)
  add_library(arrayflex_systemc_dependency INTERFACE)
  target_link_libraries(arrayflex_systemc_dependency INTERFACE SystemC::systemc)
else()
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(ARRAYFLEX_SYSTEMC_PC QUIET IMPORTED_TARGET systemc)
  endif()
  if(TARGET PkgConfig::ARRAYFLEX_SYSTEMC_PC)
    add_library(arrayflex_systemc_dependency INTERFACE)
    target_link_libraries(arrayflex_systemc_dependency INTERFACE PkgConfig::ARRAYFLEX_SYSTEMC_PC)
  else()
    message(WARNING "SystemC was found neither by SystemCLanguageConfig.cmake nor by pkg-config: "
      "the SystemC part is left out (install libsystemc-dev, or set SystemCLanguage_DIR, or pass "
      "-DARRAYFLEX_SYSTEMC=OFF to silence this)")
  endif()
endif()
