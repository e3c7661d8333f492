/** An archive or a library whose bytes are known. */
export interface Pinned {
  readonly size: number
  /** In hex. */
  readonly sha256: string
}

/** A wheel as a Python package index offers it. */
export interface PinnedWheel extends Pinned {
  /** Name and version as pip takes them: `torch==2.11.0`. */
  readonly requirement: string
  /** File name of the wheel; no other build of the same version is taken. */
  readonly file: string
}

/** A file of the unpacked tree. */
export interface PinnedFile extends Pinned {
  /** Relative to the tree. */
  readonly path: string
}

/** An official zip of libtorch. */
export interface PinnedZip {
  readonly url: string
  /** Size and checksum; absent while no published checksum is known. */
  readonly pinned?: Pinned
}

/** Everything that decides which bytes become libtorch. */
export interface Pins {
  /** Version that the engine is built for; a libtorch serves when major and minor are equal. */
  readonly version: string
  readonly zips: { readonly cpu: PinnedZip; readonly cuda: PinnedZip }
  readonly wheels: {
    readonly torch: PinnedWheel
    /** What `libtorch_cpu.so` of the CUDA wheel needs even on a machine without a GPU. */
    readonly cpu: readonly PinnedWheel[]
    /** What CUDA needs on top, in the versions that the wheel's own metadata asks for. */
    readonly cuda: readonly PinnedWheel[]
  }
  /**
   * The files of those wheels that a CPU needs. The layout is the wheel's own, because `libtorch_cpu.so` looks for
   * its companions in `$ORIGIN/../../nvidia/cu13/lib`.
   */
  readonly cpuFiles: readonly PinnedFile[]
}

/**
 * The one place that names a version of libtorch.
 *
 * PyTorch publishes no checksum of the zips, so an installation takes them only when told to trust the connection
 * alone. The public index has one Linux build of torch, for CUDA 13.0; it serves a CPU as well.
 */
export const pins: Pins = {
  version: '2.11.0',
  zips: {
    cpu: { url: 'https://download.pytorch.org/libtorch/cpu/libtorch-shared-with-deps-2.11.0%2Bcpu.zip' },
    cuda: { url: 'https://download.pytorch.org/libtorch/cu130/libtorch-shared-with-deps-2.11.0%2Bcu130.zip' },
  },
  wheels: {
    torch: {
      requirement: 'torch==2.11.0',
      file: 'torch-2.11.0-cp312-cp312-manylinux_2_28_x86_64.whl',
      size: 530_712_279,
      sha256: '0f68f4ac6d95d12e896c3b7a912b5871619542ec54d3649cf48cc1edd4dd2756',
    },
    cpu: [
      {
        requirement: 'nvidia-cuda-cupti==13.0.85',
        file: 'nvidia_cuda_cupti-13.0.85-py3-none-manylinux_2_25_x86_64.whl',
        size: 10_715_597,
        sha256: '4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8',
      },
      {
        requirement: 'nvidia-cuda-runtime==13.0.96',
        file: 'nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
        size: 2_243_632,
        sha256: '7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548',
      },
    ],
    cuda: [
      {
        requirement: 'nvidia-cublas==13.1.0.3',
        file: 'nvidia_cublas-13.1.0.3-py3-none-manylinux_2_27_x86_64.whl',
        size: 423_133_236,
        sha256: 'ee8722c1f0145ab246bccb9e452153b5e0515fd094c3678df50b2a0888b8b171',
      },
      {
        requirement: 'nvidia-cuda-nvrtc==13.0.88',
        file: 'nvidia_cuda_nvrtc-13.0.88-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
        size: 90_215_200,
        sha256: 'ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575',
      },
      {
        requirement: 'nvidia-cudnn-cu13==9.19.0.56',
        file: 'nvidia_cudnn_cu13-9.19.0.56-py3-none-manylinux_2_27_x86_64.whl',
        size: 366_066_321,
        sha256: 'd20e1734305e9d68889a96e3f35094d733ff1f83932ebe462753973e53a572bf',
      },
      {
        requirement: 'nvidia-cufft==12.0.0.61',
        file: 'nvidia_cufft-12.0.0.61-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
        size: 214_085_489,
        sha256: '6c44f692dce8fd5ffd3e3df134b6cdb9c2f72d99cf40b62c32dde45eea9ddad3',
      },
      {
        requirement: 'nvidia-cufile==1.15.1.6',
        file: 'nvidia_cufile-1.15.1.6-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
        size: 1_223_672,
        sha256: '08a3ecefae5a01c7f5117351c64f17c7c62efa5fffdbe24fc7d298da19cd0b44',
      },
      {
        requirement: 'nvidia-curand==10.4.0.35',
        file: 'nvidia_curand-10.4.0.35-py3-none-manylinux_2_27_x86_64.whl',
        size: 59_544_258,
        sha256: '1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc',
      },
      {
        requirement: 'nvidia-cusolver==12.0.4.66',
        file: 'nvidia_cusolver-12.0.4.66-py3-none-manylinux_2_27_x86_64.whl',
        size: 200_941_980,
        sha256: '0a759da5dea5c0ea10fd307de75cdeb59e7ea4fcb8add0924859b944babf1112',
      },
      {
        requirement: 'nvidia-cusparse==12.6.3.3',
        file: 'nvidia_cusparse-12.6.3.3-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
        size: 145_942_937,
        sha256: '2b3c89c88d01ee0e477cb7f82ef60a11a4bcd57b6b87c33f789350b59759360b',
      },
      {
        requirement: 'nvidia-cusparselt-cu13==0.8.0',
        file: 'nvidia_cusparselt_cu13-0.8.0-py3-none-manylinux2014_x86_64.whl',
        size: 169_884_119,
        sha256: '25e30a8a7323935d4ad0340b95a0b69926eee755767e8e0b1cf8dd85b197d3fd',
      },
      {
        requirement: 'nvidia-nccl-cu13==2.28.9',
        file: 'nvidia_nccl_cu13-2.28.9-py3-none-manylinux_2_18_x86_64.whl',
        size: 196_493_177,
        sha256: 'e4553a30f34195f3fa1da02a6da3d6337d28f2003943aa0a3d247bbc25fefc42',
      },
      {
        requirement: 'nvidia-nvjitlink==13.0.88',
        file: 'nvidia_nvjitlink-13.0.88-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
        size: 40_713_933,
        sha256: '13a74f429e23b921c1109976abefacc69835f2f433ebd323d3946e11d804e47b',
      },
      {
        requirement: 'nvidia-nvshmem-cu13==3.4.5',
        file: 'nvidia_nvshmem_cu13-3.4.5-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
        size: 60_412_546,
        sha256: '290f0a2ee94c9f3687a02502f3b9299a9f9fe826e6d0287ee18482e78d495b80',
      },
    ],
  },
  cpuFiles: [
    {
      path: 'torch/version.py',
      size: 317,
      sha256: '323d35171ef1184f1d7db3bbd1f3d3e227e0e826be8fd52200778346e17c873f',
    },
    {
      path: 'torch/lib/libtorch_cpu.so',
      size: 451_209_129,
      sha256: '2e1034d418c1c881c86f67fc357b8723efc3f22bdb266f06aace8e6ca9c170b3',
    },
    {
      path: 'torch/lib/libc10.so',
      size: 1_498_969,
      sha256: 'be5e17cd7752a6af003978706379384c3108f6b68916bb1949e610f6397bb640',
    },
    {
      path: 'torch/lib/libgomp.so.1',
      size: 254_009,
      sha256: 'e28fb2896a3d612b46a27d7f8ef840d34c9efbc29b70a044c42095fb94856890',
    },
    {
      path: 'nvidia/cu13/lib/libcudart.so.13',
      size: 704_288,
      sha256: '96c42e418cec19054186b9429c321603cc190bf26a18104e19408117a2a817b0',
    },
    {
      path: 'nvidia/cu13/lib/libcupti.so.13',
      size: 4_152_208,
      sha256: 'e2f9ed861fe27c492b8bb52b5e3220ef5120f3edcda36312e96b7fd8a186be3e',
    },
  ],
}
