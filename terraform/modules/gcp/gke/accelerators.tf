# Type and number of GPUs of a machine type, which GKE requires even for types that imply them.

locals {
  accelerators = merge(
    { for count in [1, 2, 4, 8, 16, 32, 64, 96] : "n1-standard-${count}" => { type = "nvidia-tesla-t4", count = 1 } },
    { for count in [2, 4, 8, 16, 32, 64, 96] : "n1-highmem-${count}" => { type = "nvidia-tesla-t4", count = 1 } },
    { for size, count in { 4 = 1, 8 = 1, 12 = 1, 16 = 1, 24 = 2, 32 = 1, 48 = 4, 96 = 8 } : "g2-standard-${size}" => { type = "nvidia-l4", count = count } },
    { for size, count in { 48 = 1, 96 = 2, 192 = 4, 384 = 8 } : "g4-standard-${size}" => { type = "nvidia-rtx-pro-6000", count = count } },
    { for count in [1, 2, 4, 8] : "a2-highgpu-${count}g" => { type = "nvidia-tesla-a100", count = count } },
    { for count in [1, 2, 4, 8] : "a2-ultragpu-${count}g" => { type = "nvidia-a100-80gb", count = count } },
    { for count in [1, 2, 4, 8] : "a3-highgpu-${count}g" => { type = "nvidia-h100-80gb", count = count } },
    {
      "a2-megagpu-16g" = { type = "nvidia-tesla-a100", count = 16 }
      "a3-edgegpu-8g"  = { type = "nvidia-h100-80gb", count = 8 }
      "a3-megagpu-8g"  = { type = "nvidia-h100-mega-80gb", count = 8 }
      "a3-ultragpu-8g" = { type = "nvidia-h200-141gb", count = 8 }
      "a4-highgpu-8g"  = { type = "nvidia-b200", count = 8 }
    },
  )
}
