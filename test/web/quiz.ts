/** Answers a lesson's questions on the page, first wrong, then right. */
import type { Page } from 'playwright-core';

/** A wrong answer first, then the right one. */
export async function answerOnPage(page: Page, question: number, right: string): Promise<void> {
  const form = page.locator('form.question').nth(question);
  await form.locator('label').filter({ hasNotText: right }).first().click();
  await form.getByRole('button').click();
  await form.getByText('Not so.').waitFor();
  // The reason of this option stands below.
  await form.locator('[role=status] p').nth(1).waitFor();
  await form.locator('label', { hasText: right }).click();
  await form.getByRole('button').click();
  await form.getByText('Right.').waitFor();
}

/** Shows the texts that open predictions keep back. */
export async function readOn(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Read on without a guess' });
  for (let left = await button.count(); left > 0; left--) await button.first().click();
}

/** Answers all questions; then the lesson is finished. */
export async function finishOnPage(page: Page, answers: readonly string[]): Promise<void> {
  for (const [question, right] of answers.entries()) await answerOnPage(page, question, right);
  await page.locator('p.good', { hasText: 'The lesson is finished.' }).last().waitFor();
}
