# cmake -D FROM=file -D TO=file -P CopyIfDifferent.cmake
#
# Puts the new file in the old one's place by renaming: a process that has the old one mapped, such
# as a running server, keeps it.
execute_process(COMMAND "${CMAKE_COMMAND}" -E compare_files "${FROM}" "${TO}"
                RESULT_VARIABLE differs OUTPUT_QUIET ERROR_QUIET)
if(differs)
    get_filename_component(folder "${TO}" DIRECTORY)
    file(MAKE_DIRECTORY "${folder}")
    file(COPY_FILE "${FROM}" "${TO}.new")
    file(RENAME "${TO}.new" "${TO}")
endif()
