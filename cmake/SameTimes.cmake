# Gives all that goes into a package the time of the commit: the same commit gives the same package.
execute_process(COMMAND find "${CPACK_TEMPORARY_DIRECTORY}" -exec
                        touch --no-dereference "--date=@$ENV{SOURCE_DATE_EPOCH}" {} +
                COMMAND_ERROR_IS_FATAL ANY)
