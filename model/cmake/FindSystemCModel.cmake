# Defines arrayflex::systemc_dependency where SystemC is found: by Accellera's CMake config (target
# SystemC::systemc) or by pkg-config, as Debian ships it. Used by the build and, installed, by
# find_package(arrayflex).
#
# A SystemC library works with one C++ standard only, the one it was built with: its version symbol
# carries it. The result is ARRAYFLEX_SYSTEMC_CXX_STANDARD; the model needs 17 or later.

if(NOT TARGET arrayflex::systemc_dependency)
  set(arrayflex_systemc_target "")
  find_package(SystemCLanguage CONFIG QUIET)
  if(TARGET SystemC::systemc)
    set(arrayflex_systemc_target SystemC::systemc)
  else()
    find_package(PkgConfig QUIET)
    if(PkgConfig_FOUND)
      pkg_check_modules(ARRAYFLEX_SYSTEMC_PC QUIET IMPORTED_TARGET GLOBAL systemc)
    endif()
    if(TARGET PkgConfig::ARRAYFLEX_SYSTEMC_PC)
      set(arrayflex_systemc_target PkgConfig::ARRAYFLEX_SYSTEMC_PC)
    endif()
  endif()

  if(arrayflex_systemc_target)
    if(SystemC_CXX_STANDARD)  # Accellera's config says it
      set(ARRAYFLEX_SYSTEMC_CXX_STANDARD ${SystemC_CXX_STANDARD}
        CACHE INTERNAL "C++ standard of the SystemC library")
    endif()
    if(NOT ARRAYFLEX_SYSTEMC_CXX_STANDARD)  # otherwise the linker says it
      set(arrayflex_probe "${CMAKE_CURRENT_BINARY_DIR}/arrayflex_systemc_probe.cpp")
      file(WRITE "${arrayflex_probe}"
        "#include <systemc>\nint sc_main(int, char**) { return sc_core::sc_time().value() != 0; }\n")
      foreach(standard 17 14 20 23)
        unset(arrayflex_links CACHE)
        try_compile(arrayflex_links "${CMAKE_CURRENT_BINARY_DIR}/arrayflex_systemc_probe"
          "${arrayflex_probe}" LINK_LIBRARIES ${arrayflex_systemc_target}
          CXX_STANDARD ${standard} CXX_STANDARD_REQUIRED ON OUTPUT_VARIABLE arrayflex_probe_output)
        if(arrayflex_links)
          set(ARRAYFLEX_SYSTEMC_CXX_STANDARD ${standard}
            CACHE INTERNAL "C++ standard of the SystemC library")
          break()
        endif()
      endforeach()
      unset(arrayflex_links CACHE)
    endif()
    if(NOT ARRAYFLEX_SYSTEMC_CXX_STANDARD)
      message(FATAL_ERROR "SystemC was found (${arrayflex_systemc_target}), but a minimal program "
        "links with it under none of C++14, 17, 20, 23. The last error:\n${arrayflex_probe_output}")
    endif()
    if(ARRAYFLEX_SYSTEMC_CXX_STANDARD LESS 17)
      message(FATAL_ERROR "The SystemC library was built as C++${ARRAYFLEX_SYSTEMC_CXX_STANDARD} and "
        "links with programs of that standard only; arrayflex needs C++17. Use a SystemC that was "
        "built as C++17 (Debian's libsystemc-dev is), or pass -DARRAYFLEX_SYSTEMC=OFF.")
    endif()
    if(CMAKE_CXX_STANDARD AND NOT CMAKE_CXX_STANDARD EQUAL ARRAYFLEX_SYSTEMC_CXX_STANDARD)
      message(FATAL_ERROR "CMAKE_CXX_STANDARD is ${CMAKE_CXX_STANDARD}, but the SystemC library was "
        "built as C++${ARRAYFLEX_SYSTEMC_CXX_STANDARD} and links with programs of that standard only. "
        "Set CMAKE_CXX_STANDARD to ${ARRAYFLEX_SYSTEMC_CXX_STANDARD}, or use a SystemC built as "
        "C++${CMAKE_CXX_STANDARD}.")
    endif()
    add_library(arrayflex::systemc_dependency INTERFACE IMPORTED GLOBAL)
    target_link_libraries(arrayflex::systemc_dependency INTERFACE ${arrayflex_systemc_target})
  endif()
endif()
