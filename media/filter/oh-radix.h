/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#include <math.h>

G_BEGIN_DECLS

/* Steps of a Fourier transform that sorts itself (Stockham; see Swarztrauber 1984, "FFT algorithms for
 * vector computers"), inline so that the compiler knows all lengths. Points lie in two planes, all real
 * parts first; the planes of @in and @out are another's. @s: how many transforms go side by side, 1 in the
 * first step, and in each later one more by the factor of the step before. The inner loops run over what
 * lies side by side. */

/* @turns: 6 * @size / 4 values, of cosines and then sines of 1, 2 and 3 times 2 pi t / @size. */
G_ALWAYS_INLINE static inline void
oh_radix_make_turns (float *turns, guint size)
{
  const guint n = size / 4;

  for (guint j = 0; j < 3; j++)
    for (guint t = 0; t < n; t++)
      {
        turns[j * n + t] = cos (2 * G_PI * (j + 1) * t / size);
        turns[(3 + j) * n + t] = sin (2 * G_PI * (j + 1) * t / size);
      }
}

G_ALWAYS_INLINE static inline void
oh_radix_4 (
    const float *restrict turns, guint size, guint s, const float *restrict in, float *restrict out)
{
  const guint n = size / 4;

  for (guint p = 0; p < n / s; p++)
    for (guint q = 0; q < s; q++)
      {
        const float *re = in + s * p + q, *im = re + size, *turn = turns + s * p;
        float *to_re = out + 4 * s * p + q, *to_im = to_re + size;
        float evenr = re[0] + re[2 * n], eveni = im[0] + im[2 * n];
        float differencer = re[0] - re[2 * n], differencei = im[0] - im[2 * n];
        float oddr = re[n] + re[3 * n], oddi = im[n] + im[3 * n];
        float crossr = im[n] - im[3 * n], crossi = re[3 * n] - re[n];
        float ar = differencer + crossr, ai = differencei + crossi;
        float br = evenr - oddr, bi = eveni - oddi;
        float cr = differencer - crossr, ci = differencei - crossi;

        to_re[0] = evenr + oddr;
        to_im[0] = eveni + oddi;
        to_re[s] = ar * turn[0] + ai * turn[3 * n];
        to_im[s] = ai * turn[0] - ar * turn[3 * n];
        to_re[2 * s] = br * turn[n] + bi * turn[4 * n];
        to_im[2 * s] = bi * turn[n] - br * turn[4 * n];
        to_re[3 * s] = cr * turn[2 * n] + ci * turn[5 * n];
        to_im[3 * s] = ci * turn[2 * n] - cr * turn[5 * n];
      }
}

/* @s is even. */
G_ALWAYS_INLINE static inline void
oh_radix_2 (
    const float *restrict turns, guint size, guint s, const float *restrict in, float *restrict out)
{
  const guint n = size / 2, quarter = size / 4;

  for (guint p = 0; p < n / s; p++)
    {
      float c = turns[quarter + s * p / 2], d = turns[4 * quarter + s * p / 2];

      for (guint q = 0; q < s; q++)
        {
          const float *re = in + s * p + q, *im = re + size;
          float *to_re = out + 2 * s * p + q, *to_im = to_re + size;
          float differencer = re[0] - re[n], differencei = im[0] - im[n];

          to_re[0] = re[0] + re[n];
          to_im[0] = im[0] + im[n];
          to_re[s] = differencer * c + differencei * d;
          to_im[s] = differencei * c - differencer * d;
        }
    }
}

/* The last step, @s = @size / 5: nothing is turned after it. */
G_ALWAYS_INLINE static inline void
oh_radix_5 (guint size, const float *restrict in, float *restrict out)
{
  static const float c1 = 0.30901699f, c2 = -0.80901699f, s1 = 0.95105652f, s2 = 0.58778525f;
  const guint s = size / 5;

  for (guint q = 0; q < s; q++)
    {
      const float *re = in + q, *im = re + size;
      float *to_re = out + q, *to_im = to_re + size;
      float sum1r = re[s] + re[4 * s], sum1i = im[s] + im[4 * s];
      float sum2r = re[2 * s] + re[3 * s], sum2i = im[2 * s] + im[3 * s];
      float dif1r = re[s] - re[4 * s], dif1i = im[s] - im[4 * s];
      float dif2r = re[2 * s] - re[3 * s], dif2i = im[2 * s] - im[3 * s];
      float ar = re[0] + c1 * sum1r + c2 * sum2r, ai = im[0] + c1 * sum1i + c2 * sum2i;
      float br = re[0] + c2 * sum1r + c1 * sum2r, bi = im[0] + c2 * sum1i + c1 * sum2i;
      float cr = s1 * dif1i + s2 * dif2i, ci = -s1 * dif1r - s2 * dif2r;
      float dr = s2 * dif1i - s1 * dif2i, di = -s2 * dif1r + s1 * dif2r;

      to_re[0] = re[0] + sum1r + sum2r;
      to_im[0] = im[0] + sum1i + sum2i;
      to_re[s] = ar + cr;
      to_im[s] = ai + ci;
      to_re[2 * s] = br + dr;
      to_im[2 * s] = bi + di;
      to_re[3 * s] = br - dr;
      to_im[3 * s] = bi - di;
      to_re[4 * s] = ar - cr;
      to_im[4 * s] = ai - ci;
    }
}

G_END_DECLS
