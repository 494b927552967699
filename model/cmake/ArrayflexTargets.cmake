# Helpers shared by every CMakeLists.txt of the project.

set(ARRAYFLEX_SANITIZE "" CACHE STRING "Sanitizers for this project's own targets, e.g. address,undefined")

if(ARRAYFLEX_DEVELOPER)
  find_program(ARRAYFLEX_CCACHE ccache)
  if(ARRAYFLEX_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${ARRAYFLEX_CCACHE}")
  endif()
endif()

# C++17 without extensions; in developer mode also warnings as errors and the sanitizers.
function(arrayflex_configure_target target)
  set_target_properties(${target} PROPERTIES
    CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  if(ARRAYFLEX_DEVELOPER)
    target_compile_options(${target} PRIVATE
      -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
    if(ARRAYFLEX_SANITIZE)
      target_compile_options(${target} PRIVATE
        -fsanitize=${ARRAYFLEX_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
        -Wno-maybe-uninitialized)  # instrumented, the standard library trips GCC 12 over this one
      target_link_options(${target} PUBLIC -fsanitize=${ARRAYFLEX_SANITIZE})
    endif()
  endif()
endfunction()

# Turns data files into a C++ source that defines
#   const std::vector<std::pair<std::string_view, std::string_view>>& <function>();
# with (file stem, content) pairs, so that no program has to find its data at run time.
function(arrayflex_embed output function)
  set(files ${ARGN})
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} "-DOUTPUT=${output}" "-DFUNCTION=${function}" "-DFILES=${files}"
      -P "${PROJECT_SOURCE_DIR}/model/cmake/EmbedFiles.cmake"
    DEPENDS ${files} "${PROJECT_SOURCE_DIR}/model/cmake/EmbedFiles.cmake"
    VERBATIM)
endfunction()
