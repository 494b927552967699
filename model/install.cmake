# cmake --install: libraries, headers, package files.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/arrayflex")
# The package can be moved, or installed with another --prefix than the configured one.
file(RELATIVE_PATH prefix_from_pkgconfig "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" prefix_from_pkgconfig "${prefix_from_pkgconfig}")

# One export set each: a host without SystemC can still load the core's.
set(libraries_of_core core)
set(libraries_of_systemc systemc)
set(libraries_of_study study workloads)
foreach(library core systemc study)
  if(TARGET arrayflex_${library})
    list(TRANSFORM libraries_of_${library} PREPEND arrayflex_ OUTPUT_VARIABLE targets)
    install(TARGETS ${targets} EXPORT arrayflex-${library}
      ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    install(EXPORT arrayflex-${library} NAMESPACE arrayflex:: DESTINATION "${package_dir}"
      FILE arrayflex-${library}-targets.cmake)
  endif()
endforeach()
foreach(library core systemc)
  if(TARGET arrayflex_${library})
    configure_file(cmake/arrayflex-${library}.pc.in
      "${CMAKE_CURRENT_BINARY_DIR}/arrayflex-${library}.pc" @ONLY)
    install(FILES "${CMAKE_CURRENT_BINARY_DIR}/arrayflex-${library}.pc"
      DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
  endif()
endforeach()

# json_fields.h and the kernels' headers are internal.
list(TRANSFORM core_folders PREPEND "arrayflex/" OUTPUT_VARIABLE core_header_folders)
install(DIRECTORY ${core_header_folders} "${moved_headers_dir}/arrayflex/core"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/arrayflex" FILES_MATCHING PATTERN "*.h" PATTERN "json_fields.h" EXCLUDE PATTERN "*-inl.h" EXCLUDE)
if(TARGET arrayflex_systemc)
  install(DIRECTORY arrayflex/pin arrayflex/platform
    "${moved_headers_dir}/arrayflex/pin" "${moved_headers_dir}/arrayflex/platform"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/arrayflex" FILES_MATCHING PATTERN "*.h" PATTERN "*-inl.h" EXCLUDE)
endif()

if(TARGET arrayflex_study)
  install(DIRECTORY arrayflex/study DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/arrayflex"
    FILES_MATCHING PATTERN "*.h")
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/workloads"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/arrayflex-workloads" FILES_MATCHING PATTERN "*.h")
  set(ARRAYFLEX_INSTALLS_STUDY TRUE)
else()
  set(ARRAYFLEX_INSTALLS_STUDY FALSE)
endif()
if(NOT ARRAYFLEX_INSTALLS_ONNX)
  set(ARRAYFLEX_INSTALLS_ONNX FALSE)
endif()

configure_package_config_file(cmake/arrayflexConfig.cmake.in
  "${CMAKE_CURRENT_BINARY_DIR}/arrayflexConfig.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/arrayflexConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${CMAKE_CURRENT_BINARY_DIR}/arrayflexConfig.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/arrayflexConfigVersion.cmake"
  cmake/FindSystemCModel.cmake
  DESTINATION "${package_dir}")

install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
