# mongodb-aws-auth, -devel, -tools and -debuginfo for RHEL and its relatives.
set(CPACK_GENERATOR RPM)
set(CPACK_RPM_COMPONENT_INSTALL ON)
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_COMPRESSION_TYPE xz)
set(CPACK_RPM_PACKAGE_RELEASE 1)
set(CPACK_RPM_PACKAGE_LICENSE Apache-2.0)
set(CPACK_RPM_PACKAGE_ARCHITECTURE ${MAWS_PACKAGE_ARCH})
set(CPACK_RPM_PACKAGE_AUTOREQPROV ON)
# Folders that belong to the distribution.
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION
    /usr/lib/debug /usr/share/pkgconfig /usr/share/licenses /usr/share/man /usr/share/man/man1)

set(CPACK_RPM_RUNTIME_PACKAGE_NAME mongodb-aws-auth)
set(CPACK_RPM_RUNTIME_PACKAGE_GROUP "System Environment/Libraries")
set(CPACK_RPM_DEVELOPMENT_PACKAGE_NAME mongodb-aws-auth-devel)
set(CPACK_RPM_DEVELOPMENT_PACKAGE_GROUP "Development/Libraries")
set(CPACK_RPM_DEVELOPMENT_PACKAGE_ARCHITECTURE noarch)
set(CPACK_RPM_TOOLS_PACKAGE_NAME mongodb-aws-auth-tools)
set(CPACK_RPM_TOOLS_PACKAGE_GROUP "Applications/Databases")
set(CPACK_RPM_DEBUG_PACKAGE_NAME mongodb-aws-auth-debuginfo)
set(CPACK_RPM_DEBUG_PACKAGE_GROUP "Development/Debug")
set(CPACK_RPM_DEBUG_PACKAGE_REQUIRES "mongodb-aws-auth = ${MAWS_PACKAGE_VERSION}-1")
foreach(_part ${MAWS_PACKAGE_PARTS})
    string(TOUPPER ${_part} _name)
    set(CPACK_RPM_${_name}_PACKAGE_SUMMARY "${_${_part}_summary}")
    set(CPACK_RPM_${_name}_PACKAGE_DESCRIPTION "${_${_part}_text}")
    install(FILES LICENSE DESTINATION share/licenses/${CPACK_RPM_${_name}_PACKAGE_NAME}
            COMPONENT ${_part})
endforeach()
install(FILES "${MAWS_PACKAGE_INPUT}/copyright" RENAME THIRD-PARTY
        DESTINATION share/licenses/mongodb-aws-auth COMPONENT runtime)
install(FILES "${MAWS_PREBUILT_TOOL}/copyright" RENAME THIRD-PARTY
        DESTINATION share/licenses/mongodb-aws-auth-tools COMPONENT tools)
install(FILES CHANGELOG.md DESTINATION share/doc/mongodb-aws-auth COMPONENT runtime)
set(CPACK_RPM_CHANGELOG_FILE "${MAWS_PACKAGE_INPUT}/changelog.rpm")

# The library goes in as it is: nothing strips, compresses or chmods it, and the same commit gives
# the same package. The plugin is no library that others link, so nothing is provided for that.
set(CPACK_RPM_SPEC_MORE_DEFINE "%define __os_install_post %{nil}
%define debug_package %{nil}
%define _build_id_links none
Packager: ${CPACK_PACKAGE_CONTACT}
%define _buildhost reproducible
%define use_source_date_epoch_as_buildtime 1
%define clamp_mtime_to_source_date_epoch 1
%define __provides_exclude_from ^/usr/lib/mongodb-aws-auth/")
