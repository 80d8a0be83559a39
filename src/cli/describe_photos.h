// `vitrine describe` for a folder of photos.
#pragma once

#include <string>

namespace vitrine::cli {

/// Prints the classes, formats and sizes of the photos in `folder`, files that can't be used and
/// photos that are nearly the same, to standard output. Of a folder with a split into train,
/// validation and test parts it describes the training part. Throws Error.
void describe_photos(const std::string& folder, bool json);

}  // namespace vitrine::cli
